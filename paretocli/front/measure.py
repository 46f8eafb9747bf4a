"""What fronts are measured in: columns of a table, and a box in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from paretocli.core.splits import SPLITS
from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.comparable import check_same_box
from paretocli.front.complete import complete_rows
from paretocli.front.directions import Directions
from paretocli.front.dominance import non_dominated
from paretocli.front.measured_alike import refuse_measured_otherwise
from paretocli.front.selection import find_column
from paretocli.front.sizes import meant
from paretocli.front.sweeps import Sweep

Array = npt.NDArray[np.float64]

MARGIN = 0.1
"""How far beyond the worst of a union's front the reference point lies, in ranges of that front."""

Origin = Literal["given", "stored", "union"]


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of a table that are minimised or maximised.

    Attributes:
        names: Of the m columns.
        labels: What people call them: the objectives, where their losses are measured.
        higher: Whether higher is better (m,).
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
    higher: npt.NDArray[np.bool_]

    def turned(self, values: Array) -> Array:
        """Values (…, m) as costs, which are minimised, or costs as values."""
        return np.where(self.higher, -values, values)

    def are_losses(self, sweep: Sweep) -> bool:
        """Whether they are the losses of all objectives of a sweep, in order, on one split."""
        return any(
            self.names == tuple(f"loss_{name}_{split}" for name in sweep.objectives)
            for split in SPLITS
        )

    def costs(self, sweep: Sweep) -> Array:
        """The costs (N, m) of the finished points that have a number in each column.

        Raises:
            InputError: No point has.
        """
        complete, _ = complete_rows(sweep.results, self.names)
        return self.turned(sweep.results.values(self.names)[complete])


@dataclass(frozen=True, eq=False)
class MeasuringBox:
    """A box in costs, and where its corners come from.

    Attributes:
        box: In costs.
        ideal_from: `given` by the user, `stored` by the first sweep, or the `union` of all fronts.
        reference_point_from: The same of the other corner.
    """

    box: Box
    ideal_from: Origin
    reference_point_from: Origin


def loss_columns(sweeps: Sequence[Sweep], split: str) -> Columns:
    """The losses of all objectives on a split."""
    objectives = tuple(sweeps[0].objectives)
    names = tuple(f"loss_{name}_{split}" for name in objectives)
    return Columns(names, objectives, np.zeros(len(names), dtype=np.bool_))


def chosen_columns(
    sweeps: Sequence[Sweep],
    names: Sequence[str],
    split: str,
    *,
    minimise: Collection[str] = (),
    maximise: Collection[str] = (),
) -> Columns:
    """The columns that names mean; one without a split means that of `split`.

    Args:
        sweeps: All sweeps.
        names: Of the columns.
        split: Such as `val`.
        minimise: What the user says is better lower.
        maximise: The same, better higher.

    Raises:
        InputError: There are less than two, one comes twice, is missing or holds words; nobody
            knows which direction of it is better; or the user says so of one that is not measured.
    """
    frames = [sweep.results.frame for sweep in sweeps]
    found = [find_column(sweeps[0].results, meant(name, *frames), split) for name in names]
    if len(set(found)) < max(2, len(found)):
        raise InputError(
            f"--columns {','.join(names)} should name two or more different columns, as in "
            "--columns accuracy_left,size."
        )
    for name in found:
        for sweep in sweeps[1:]:
            find_column(sweep.results, name, split)
    refuse_measured_otherwise([sweep.results for sweep in sweeps], found)
    directions = Directions([sweep.results for sweep in sweeps], minimise, maximise)
    directions.refuse_unused(found, "measured")
    return Columns(tuple(found), tuple(found), directions.higher(found))


def stored_box(
    sweeps: Sequence[Sweep],
    columns: Columns,
    ideal: Sequence[float] | None,
    reference_point: Sequence[float] | None,
) -> MeasuringBox:
    """The box of the first sweep, where no corner of it is given.

    Args:
        sweeps: All sweeps.
        columns: The losses of their objectives.
        ideal: Given by the user, in units of the columns.
        reference_point: The same.

    Raises:
        InputError: Sweeps of equal seed have different boxes, or what is given makes none.
    """
    if ideal is None:
        check_same_box(sweeps, "ideal")
    if reference_point is None:
        check_same_box(sweeps, "reference_point")
    return _made(columns, sweeps[0].box, "stored", ideal, reference_point)


def union_box(
    costs: Sequence[Array],
    columns: Columns,
    ideal: Sequence[float] | None,
    reference_point: Sequence[float] | None,
) -> MeasuringBox:
    """The box around the points that nothing beats, where no corner of it is given.

    From their ideal to a tenth of their range beyond their nadir.

    Args:
        costs: Of each sweep (N, m).
        columns: What they are.
        ideal: Given by the user, in units of the columns.
        reference_point: The same.

    Raises:
        InputError: Such points do not differ in a column, or what is given makes no box.
    """
    front = union_front(costs)
    low, high = front.min(axis=0), front.max(axis=0)
    flat = np.flatnonzero(high == low)
    if len(flat) and reference_point is None:
        name = columns.names[flat[0]]
        value = float(columns.turned(low)[flat[0]])
        raise InputError(
            f"All points that nothing beats have the same {name} ({value:.6g}), which makes no "
            "box; give its corners with --ideal and --reference."
        )
    around = Box(low, high + MARGIN * (high - low))
    return _made(columns, around, "union", ideal, reference_point)


def union_front(costs: Sequence[Array]) -> Array:
    """The different points (R, m) that no point of any sweep beats, sorted."""
    union = np.unique(np.concatenate(costs), axis=0)
    front: Array = union[non_dominated(union)]
    return front


def _made(
    columns: Columns,
    box: Box,
    origin: Origin,
    ideal: Sequence[float] | None,
    reference_point: Sequence[float] | None,
) -> MeasuringBox:
    best = box.ideal if ideal is None else _corner(columns, ideal, "--ideal")
    worst = box.reference_point
    if reference_point is not None:
        worst = _corner(columns, reference_point, "--reference")
    for place, name in enumerate(columns.names):
        if not best[place] < worst[place]:
            one, other = (columns.turned(corner)[place] for corner in (best, worst))
            raise InputError(
                f"The reference point of {name} should be worse than its ideal ({one:.6g}), found "
                f"{other:.6g}; give others with --reference and --ideal."
            )
    return MeasuringBox(
        Box(best, worst),
        origin if ideal is None else "given",
        origin if reference_point is None else "given",
    )


def _corner(columns: Columns, numbers: Sequence[float], option: str) -> Array:
    if len(numbers) != len(columns.names):
        raise InputError(
            f"{option} should hold {len(columns.names)} numbers, for {', '.join(columns.names)}; "
            f"found {len(numbers)}."
        )
    return columns.turned(np.asarray(numbers, dtype=np.float64))
