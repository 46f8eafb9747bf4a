"""How fronts stand beside baselines: what each reaches in every task, by the task's own metric.

Points are chosen by the validation data, a point a task, and so is whether a baseline is
beaten; what is reported is the test data's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from paretocli.core.names import SPARSITY
from paretocli.errors import InputError
from paretocli.front.columns import body_of
from paretocli.front.directions import Directions
from paretocli.front.results import Results
from paretocli.front.selection import front_of
from paretocli.front.sizes import COMPACT
from paretocli.front.task_columns import judged_by
from paretocli.run_directory.baselines import Baseline

Array = npt.NDArray[np.float64]
Kind = Literal["front", "point", "separate", "baseline"]

CLOSE = 1e-3

WORDS = {"constant": "constant", "linear": "linear model", "trees": "boosted trees"}


@dataclass(frozen=True, eq=False)
class Judged:
    """What tasks are judged by.

    Attributes:
        tasks: Their names, without sparsity.
        columns: A metric or loss of each, without the split, such as `accuracy_left`.
        higher: Whether higher is better (t,).
    """

    tasks: tuple[str, ...]
    columns: tuple[str, ...]
    higher: npt.NDArray[np.bool_]

    def at(self, split: str) -> list[str]:
        """The columns of a split."""
        return [f"{column}_{split}" for column in self.columns]


@dataclass(frozen=True, eq=False)
class Standing:
    """What somebody reaches in every task.

    Attributes:
        name: Who.
        kind: A front, one point, separate networks or a baseline.
        val: The figures (t,) on the validation data, NaN where there is none.
        test: The same on the test data.
        of: Of a baseline, the names of the fronts whose data and losses it is of; none for all.
    """

    name: str
    kind: Kind
    val: Array
    test: Array
    of: tuple[str, ...] = ()

    def on(self, split: str) -> Array:
        """The figures (t,) of a split."""
        return self.val if split == "val" else self.test


def judged(results: Sequence[Results]) -> Judged | None:
    """What the tasks of sweeps are judged by; None where they have none in common."""
    try:
        columns = judged_by(results[0], "val", Directions(results))
    except InputError:
        return None
    columns.pop(SPARSITY, None)
    bodies = {task: body_of(column) for task, column in columns.items()}
    needed = {f"{body}_{split}" for body in bodies.values() for split in ("val", "test")}
    if not bodies or any(needed - {*result.frame.columns} for result in results):
        return None
    higher = Directions(results).higher([*columns.values()])
    return Judged(tuple(bodies), tuple(bodies.values()), higher)


def front_standing(results: Results, by: Judged, name: str) -> Standing:
    """The best of a front in each task."""
    mask, _ = front_of(results, "val")
    rows = np.flatnonzero(mask)
    val, test = (results.values(by.at(split))[rows] for split in ("val", "test"))
    return Standing(name, "front" if len(rows) > 1 else "point", *_best(val, test, by))


def separate_standing(results: Results, by: Judged, name: str) -> Standing:
    """Networks that have a task each, joined: every task is served by its own."""
    weights = results.values([f"weight_{task}" for task in by.tasks])
    val, test = (results.values(by.at(split)) for split in ("val", "test"))
    own = weights == weights.max(axis=1, keepdims=True)
    val = np.where(own, val, np.nan)
    return Standing(name, "separate", *_best(val, test, by))


def baseline_standing(one: Baseline, by: Judged) -> Standing:
    """A baseline; NaN in tasks that it has no figure of."""
    val, test = (figures_in(one, by.at(split)) for split in ("val", "test"))
    return Standing(WORDS[one["name"]], "baseline", val, test)


def figures_in(one: Baseline, columns: Sequence[str]) -> Array:
    """The figures of a baseline in some columns (m,), NaN where it has none."""
    found = (one["figures"].get(column) for column in columns)
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def alike(figures: Array, others: Array) -> bool:
    """Whether figures (m,) are the same; on other machines their last digits differ."""
    return bool(np.allclose(figures, others, rtol=CLOSE, atol=1e-6, equal_nan=True))


def mean_standing(parts: Sequence[Standing]) -> Standing:
    """The mean over the seeds and folds of one."""
    val, test = (np.mean([one.on(split) for one in parts], axis=0) for split in ("val", "test"))
    return Standing(parts[0].name, parts[0].kind, val, test)


def unbeaten(one: Standing, baseline: Standing, by: Judged) -> list[int]:
    """The tasks, by their places, in which `one` is not better than a baseline on validation."""
    better = np.where(by.higher, one.val > baseline.val, one.val < baseline.val)
    known = ~(np.isnan(one.val) | np.isnan(baseline.val))
    return np.flatnonzero(known & ~better).tolist()


def joint_size(results: Results) -> int | None:
    """The parameters of all networks of a sweep together, None where one's are not known."""
    if COMPACT[0] not in results.frame.columns:
        return None
    sizes = results.values([COMPACT[0]])
    return None if np.isnan(sizes).any() else int(sizes.sum())


def _best(val: Array, test: Array, by: Judged) -> tuple[Array, Array]:
    """The best validation figure in each task (t,), and the test figure of the same row."""
    worth = np.where(np.isnan(val), -np.inf, np.where(by.higher, val, -val))
    rows, places = worth.argmax(axis=0), np.arange(val.shape[1])
    known = np.isfinite(worth[rows, places])
    return (
        np.where(known, val[rows, places], np.nan),
        np.where(known, test[rows, places], np.nan),
    )
