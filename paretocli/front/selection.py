"""Picking a point of a front: by conditions, by weights, at its knee; and the points beside it."""

import difflib
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.complete import LeftOut, complete_rows
from paretocli.front.dominance import non_dominated
from paretocli.front.measured import measure_first
from paretocli.front.results import Results
from paretocli.front.sizes import meant

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# The longer signs first: "<" would be found in "<=".
SIGNS: dict[str, Callable[[Numbers, float], Mask]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*([^<>=\s]+)\s*(>=|<=|==|>|<)\s*([^<>=\s]+?)\s*(%?)\s*")


@dataclass(frozen=True)
class Condition:
    """What a point has to fulfil, such as accuracy_left_val >= 0.97."""

    column: str
    sign: str
    bound: float

    def __str__(self) -> str:
        return f"{self.column} {self.sign} {self.bound:g}"

    def holds(self, results: Results) -> Mask:
        """For which points it holds (N,); for an empty cell it does not."""
        return SIGNS[self.sign](results.values([self.column])[:, 0], self.bound)


def find_column(results: Results, name: str, split: str) -> str:
    """The column that a name means: itself, or that of a split, or an objective's loss.

    Args:
        results: The sweep.
        name: Such as `compact_parameters`, `accuracy_left`, `accuracy_left_test`, `left`, or
            `size` for what `paretocli.front.sizes` takes for it.
        split: Where the name says none.

    Raises:
        InputError: There is no such column, or it holds no numbers.
    """
    name = meant(name, results.frame)
    for column in (name, f"{name}_{split}", f"loss_{name}_{split}"):
        if column in results.frame.columns:
            results.values([column])
            return column
    if said := measure_first(results.path, name):
        raise InputError(said)
    numeric = [str(column) for column in results.frame.select_dtypes("number").columns]
    known = dict.fromkeys([*(c.removesuffix(f"_{split}") for c in numeric), *numeric])
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"the closest are {', '.join(close)}" if close else f"there are {', '.join(known)}"
    raise InputError(f'{results.path} has no column of numbers "{name}"; {hint}.')


def row_of(results: Results, point: int) -> int:
    """The row of a point, by its number.

    Raises:
        InputError: There is no such finished point.
    """
    for row in range(len(results.frame)):
        if results.point(row) == point:
            return row
    raise InputError(f"{results.path} has no finished point {point}; choose one that it lists.")


def parse_condition(text: str, results: Results, split: str) -> Condition:
    """Read a condition such as "accuracy_left >= 97 %".

    Raises:
        InputError: It is none, or names no column.
    """
    match = _CONDITION.fullmatch(text)
    try:
        name, sign, number, percent = match.groups() if match else ("", "", "", "")
        bound = float(number) / (100 if percent else 1)
    except ValueError:
        raise InputError(
            f'"{text}" is no condition: it should be a column, one of {", ".join(SIGNS)}, and a '
            'number, as in "accuracy_left >= 0.97".'
        ) from None
    return Condition(find_column(results, name, split), sign, bound)


def front_of(results: Results, split: str) -> tuple[Mask, LeftOut]:
    """Which points (N,) no other one beats in the losses of all objectives on a split.

    Returns:
        The front, and the points that are left out of the question because a loss is not finite.

    Raises:
        InputError: The table names no objectives, or lacks one's loss; or no point has all losses.
    """
    if not results.objectives:
        raise InputError(
            f"{results.path} names no objectives (columns weight_<objective>); give the run "
            "directory of a sweep."
        )
    mask, left_out = complete_rows(results, _losses(results, split))
    mask[mask] = non_dominated(losses_of(results, split)[mask])
    return mask, left_out


def fulfilling(
    results: Results, rows: Sequence[int], condition: Condition
) -> tuple[list[int], LeftOut]:
    """Which of some rows fulfil a condition, and the points that have no number to judge by.

    Raises:
        InputError: None has one.
    """
    judged, left_out = complete_rows(results, [condition.column], rows)
    holds = judged & condition.holds(results)
    return [row for row in rows if holds[row]], left_out


def losses_of(results: Results, split: str) -> Numbers:
    """The objectives' losses (N, m) on a split."""
    return results.values(_losses(results, split))


def _losses(results: Results, split: str) -> list[str]:
    return [f"loss_{name}_{split}" for name in results.objectives]


def knee(losses: Numbers) -> tuple[int, float]:
    """The point of a front that bulges farthest towards the ideal.

    Losses are scaled to [0, 1] between the best and the worst of the front. The hyperplane through
    its ends is then Σ u = 1 for two objectives, and the knee has the smallest Σ u.

    Args:
        losses: (N, m) of the points of a front, finite.

    Returns:
        Its row, and by how much its Σ u stays below 1; not positive where the front does not bulge
        and any end is as good.

    Source: Das, *On characterizing the knee of the Pareto curve based on normal-boundary
    intersection*, Structural Optimization 18 (1999).
    """
    low, high = losses.min(axis=0), losses.max(axis=0)
    scaled = (losses - low) / np.where(high > low, high - low, 1.0)
    sums = scaled.sum(axis=1)
    chosen = int(sums.argmin())
    return chosen, float(1 - sums[chosen])


def closest(weights: Numbers, wanted: Numbers) -> int:
    """The row of the weights (N, m) that are nearest to those wanted (m,)."""
    return int(np.linalg.norm(weights - wanted, axis=1).argmin())


def next_better(losses: Numbers, chosen: int) -> list[int | None]:
    """For each objective the point of a front with the next smaller loss than the chosen one's.

    Args:
        losses: (N, m).
        chosen: A row.

    Returns:
        A row for each objective; None where the chosen point is the best.
    """
    found: list[int | None] = []
    for column in losses.T:
        better = np.flatnonzero(column < column[chosen])
        found.append(int(better[column[better].argmax()]) if len(better) else None)
    return found


def only_one(results: Results, rows: Sequence[int]) -> int:
    """The row that is left, where no rule chooses among several.

    Raises:
        InputError: There are several.
    """
    if len(rows) == 1:
        return rows[0]
    points = ", ".join(str(results.point(row)) for row in rows[:10])
    points += ", …" if len(rows) > 10 else ""
    raise InputError(
        f"{len(rows)} points match (points {points}); choose among them "
        "with --knee, --closest-to, --minimize or --maximize."
    )
