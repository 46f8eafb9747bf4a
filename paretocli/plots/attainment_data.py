"""What a picture of attainment surfaces shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np
import numpy.typing as npt

from paretocli.front.comparison import Comparison, Method
from paretocli.front.measure import Columns
from paretocli.plots.data import Axis, axes_of, splits_of
from paretocli.plots.input_names import title_of

Array = npt.NDArray[np.float64]

FEW = 3
"""So many points on a front are marks of their own, and no line."""


@dataclass(frozen=True, eq=False)
class Attainment:
    """What one method attains, over its seeds and folds.

    All surfaces are given by their corners (C, 2), which do not dominate each other.

    Attributes:
        name: What the legend calls it.
        sweeps: How many there are: seeds, folds, or both.
        best: What at least one of them attains.
        median: What at least half of them attain.
        worst: What all attain.
        points: The points (N, 2) of all their fronts.
        few: Whether none has more than `FEW` points on its front.
    """

    name: str
    sweeps: int
    best: Array
    median: Array
    worst: Array
    points: Array
    few: bool


@dataclass(frozen=True, eq=False)
class AttainmentData:
    """A whole picture."""

    axes: tuple[Axis, ...]
    methods: tuple[Attainment, ...]
    title: str
    over: str = "seeds"


def gather_attainment(comparison: Comparison) -> AttainmentData:
    """Collect what a picture of two columns shows.

    Source: Fonseca, Fleming, *On the performance assessment and comparison of stochastic
    multiobjective optimizers*, PPSN 1996; computed by moocore.
    """
    columns = comparison.columns
    fronts = np.concatenate([one.front for one in comparison.sweeps])
    results = [one.sweep.results for one in comparison.sweeps]
    return AttainmentData(
        axes=axes_of(results, columns.names, fronts, columns.higher.tolist()),
        methods=tuple(_attainment(method, columns) for method in comparison.methods),
        title=title_of(results, splits_of(results, columns.names)),
        over=comparison.over,
    )


def _attainment(method: Method, columns: Columns) -> Attainment:
    fronts = [one.front for one in method.sweeps]
    best, median, worst = _surfaces([columns.turned(front) for front in fronts])
    return Attainment(
        name=method.name,
        sweeps=len(fronts),
        best=columns.turned(best),
        median=columns.turned(median),
        worst=columns.turned(worst),
        points=np.concatenate(fronts),
        few=max(len(np.unique(front, axis=0)) for front in fronts) <= FEW,
    )


def _surfaces(fronts: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Corners of what one, half, and all of the fronts (N, 2) attain; costs, as they are."""
    seeds = np.repeat(np.arange(len(fronts)), [len(front) for front in fronts])
    levels = moocore.eaf(np.concatenate(fronts), seeds, percentiles=[0, 50, 100])
    best, median, worst = (levels[levels[:, 2] == level, :2] for level in (0, 50, 100))
    return best, median, worst
