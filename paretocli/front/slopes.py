"""What people read an objective by, and how it follows the objective's loss along the front."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from paretocli.core.names import SPARSITY
from paretocli.front.columns import is_share, is_size, metric_and_task, split_of
from paretocli.front.directions import Directions
from paretocli.front.results import Results
from paretocli.front.sizes import size_column

Numbers = npt.NDArray[np.float64]

NEIGHBOURS = 2
"""Points of the front to each side of a point that its slopes are fitted to, with itself."""

LEAST_FIT = 0.5
"""The share of the variance that a line has to explain, or there is no slope."""


@dataclass(frozen=True)
class Figure:
    """What an objective is read by at a point: a metric, a size, or its training loss.

    Attributes:
        objective: Whose it is.
        column: Of the results.
        slope: Its change for a unit more of the training loss, along the front.
        step: A round change of it, positive, that is small beside its range on the front.
        share: Whether people read it as a percentage.
    """

    objective: str
    column: str
    slope: float
    step: float
    share: bool

    @property
    def gain(self) -> float:
        """A step to the better, with its sign."""
        return -self.step if self.slope > 0 else self.step


class Slopes:
    """The figures of a sweep's objectives along its front.

    Args:
        results: The sweep.
        front: Rows of its front.
        split: Whose metrics count: losses are those of training, for these have multipliers.
    """

    def __init__(self, results: Results, front: Sequence[int], split: str) -> None:
        self._results, self._front, self._split = results, list(front), split

    def at(self, row: int) -> tuple[Figure, ...]:
        """That of each objective (m) at a row of the front.

        Raises:
            InputError: A loss is missing, or a cell is no number.
        """
        return tuple(self._of(objective, row) for objective in self._results.objectives)

    def seen(self, row: int) -> tuple[Figure, ...]:
        """That of each objective (m) where no slope is asked for: the best that has a number.

        Raises:
            InputError: A cell is no number.
        """
        return tuple(self._seen(objective, row) for objective in self._results.objectives)

    def _seen(self, objective: str, row: int) -> Figure:
        loss = f"loss_{objective}_{self._split}"
        columns = self._candidates[objective]
        known = [c for c in columns if np.isfinite(self._results.values([c])[row, 0])]
        return self._figure(objective, (known or [loss])[0], 1.0, row)

    def _of(self, objective: str, row: int) -> Figure:
        loss = f"loss_{objective}_train"
        for column in self._candidates[objective]:
            if (slope := self._slope(loss, column, row)) is not None:
                return self._figure(objective, column, slope, row)
        return self._figure(objective, loss, 1.0, row)

    @cached_property
    def _candidates(self) -> dict[str, list[str]]:
        """What an objective may be read by, the best first: metrics in their order, or a size."""
        names = [str(name) for name in self._results.frame.select_dtypes("number").columns]
        size = size_column(self._results.frame)
        found: dict[str, list[str]] = {}
        for objective in self._results.objectives:
            if objective == SPARSITY:
                found[objective] = [size] if size in names else []
                continue
            found[objective] = [
                name
                for name in names
                if split_of(name) == self._split
                and not name.startswith("loss_")
                and metric_and_task(name, self._results.objectives)[1] == objective
                and self._directions.of(name) is not None
            ]
        return found

    @cached_property
    def _directions(self) -> Directions:
        return Directions([self._results])

    def _slope(self, loss: str, column: str, row: int) -> float | None:
        """The local slope of a column over a loss; of a size, by way of its logarithm.

        None where no line fits, or one on which less loss is worse.
        """
        x, y = self._results.values([loss, column]).T
        if is_size(column):
            with np.errstate(divide="ignore", invalid="ignore"):
                y = np.log(y)
        near = _around(x, y, self._front, row)
        slope = _line(x[near], y[near])
        better = -1 if self._directions.of(column) == "higher" else 1
        if slope is None or slope * better <= 0:
            return None
        return float(slope * np.exp(y[row])) if is_size(column) else slope

    def _figure(self, objective: str, column: str, slope: float, row: int) -> Figure:
        values = self._results.values([column])[:, 0]
        share = is_share(column, values)
        seen = values[self._front]
        seen = seen[np.isfinite(seen)]
        reach = float(np.ptp(seen)) / 2 if len(seen) else 0.0
        if is_size(column):
            reach = min(reach, float(values[row]) / 10)
        step = 10.0 ** math.floor(math.log10(reach)) if reach > 0 else 0.01
        return Figure(objective, column, slope, min(step, 0.01) if share else step, share)


def _around(x: Numbers, y: Numbers, front: Sequence[int], row: int) -> list[int]:
    """The row, and those of the front beside it in x, as far as both numbers are finite."""
    if not (np.isfinite(x[row]) and np.isfinite(y[row])):
        return []
    rows = [one for one in front if one != row and np.isfinite(x[one]) and np.isfinite(y[one])]
    rows.sort(key=lambda one: abs(x[one] - x[row]))
    below = [one for one in rows if x[one] < x[row]][:NEIGHBOURS]
    above = [one for one in rows if x[one] > x[row]][:NEIGHBOURS]
    return [row, *below, *above]


def _line(x: Numbers, y: Numbers) -> float | None:
    """The slope of the line of least squares; None where there is none, or it does not fit."""
    if len(x) < 2 or np.ptp(y) == 0:
        return None
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    explained = float((dx @ dy) ** 2 / ((dx @ dx) * (dy @ dy)))
    return slope if explained >= LEAST_FIT else None
