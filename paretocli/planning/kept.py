"""Which kept epochs of solved points become points: those that no finished point beats."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.front.dominance import non_dominated
from paretocli.options.config import SweepConfig
from paretocli.options.keeping import FRONT
from paretocli.planning.rounds import Further, first_that_plans
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round, Row
from paretocli.run_directory.sweep_file import SweepFile

APART = 0.005  # of the front in each objective: what lies closer to a point says nothing new

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Candidate:
    """An epoch of a solved point, with its validation losses."""

    point: int
    weights: Row
    epoch: int
    losses: Row


def kept_epochs(config: SweepConfig, note: Callable[[str], None]) -> Further | None:
    """A round of kept epochs of all points that are solved by then; None where none are kept.

    They are judged as `on_front` is, by the validation losses of all objectives. Each point's are
    looked at once: what is on the front then stays a point, whatever comes later.

    Args:
        config: The sweep's configuration.
        note: Is told how many were kept, and how many became points.
    """

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        looked_at = {point for one in sweep.rounds for point in one.looked_at}
        new = [r for r in records if r.get("kept") and r["point"] not in looked_at]
        if not new:
            return None
        there = [one for record in new for one in _of(record, config.objectives)]
        taken = unbeaten(
            np.array([one.losses for one in there]), _reached(records, config.objectives)
        )
        chosen = [there[place] for place in taken]
        points = tuple(range(sweep.points, sweep.points + len(chosen)))
        note(_words(len(there), points))
        return Round(
            len(sweep.rounds) + 1,
            points,
            tuple(one.weights for one in chosen),
            tuple(one.point for one in chosen),
            0,
            0,
            kept_epochs=tuple(one.epoch for one in chosen),
            looked_at=tuple(record["point"] for record in new),
        )

    return further if config.keep == FRONT else None


def with_kept(
    config: SweepConfig, plan: Further | None, note: Callable[[str], None]
) -> Further | None:
    """What takes kept epochs of whatever is solved by then, and only then plans on; None for none.

    Args:
        config: The sweep's configuration.
        plan: What plans on, if anything.
        note: Is told what came of the kept epochs.
    """
    plans = [one for one in (kept_epochs(config, note), plan) if one is not None]
    return first_that_plans(plans) if plans else None


def unbeaten(candidates: Array, reached: Array) -> list[int]:
    """Which candidates no other row beats, and lie apart from those on the front; in order.

    The farthest from all points comes first, and then what is farthest from these and it.

    Args:
        candidates: Losses (C, m).
        reached: Those of finished points (N, m), which all stay.
    """
    together = np.vstack([reached, candidates])
    front = non_dominated(together)
    free = np.flatnonzero(front[len(reached) :])
    size = np.ptp(together[front], axis=0)
    scaled = together / np.where(size > 0, size, 1)
    rows, there = scaled[len(reached) :], scaled[: len(reached)][front[: len(reached)]]
    chosen: list[int] = []
    left = free.tolist()
    while left:
        distances = [float(_nearest(rows[place], there)) for place in left]
        farthest = int(np.argmax(distances))
        if distances[farthest] < APART:
            break
        place = left.pop(farthest)
        chosen.append(place)
        there = np.vstack([there, rows[place]])
    return sorted(chosen)


def _nearest(row: Array, others: Array) -> float:
    return float(np.linalg.norm(others - row, axis=1).min(initial=np.inf))


def _of(record: PointRecord, objectives: Sequence[str]) -> Iterator[_Candidate]:
    for kept in record["kept"]:
        losses = tuple(kept["loss"][name] for name in objectives)
        yield _Candidate(record["point"], tuple(record["weights"]), kept["epoch"], losses)


def _reached(records: Sequence[PointRecord], objectives: Sequence[str]) -> Array:
    """The validation losses (N, m) of finished points, NaN where one is not finite."""
    rows = [
        [np.nan if (loss := r["loss"]["val"][name]) is None else loss for name in objectives]
        for r in records
        if r["status"] == "done"
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(objectives))


def _words(kept: int, points: Sequence[int]) -> str:
    beside = (
        f"{kept} epochs were kept beside the best ones"
        if kept != 1
        else ("1 epoch was kept beside the best ones")
    )
    if not points:
        return f"{beside}, and none adds to the front."
    if len(points) == 1:
        return f"{beside}, and one that adds to the front is point {points[0]}."
    return (
        f"{beside}, and {len(points)} that add to the front are points {points[0]} to {points[-1]}."
    )
