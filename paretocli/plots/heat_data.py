"""What a heat map of fronts shows: how far each point is from the best in each column."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.plots.data import Axis, FrontData, Series

Array = npt.NDArray[np.float64]

FEWEST_DIGITS, MOST_DIGITS = 3, 6


@dataclass(frozen=True, eq=False)
class Block:
    """The points of one input, those that are best on average first.

    Attributes:
        points: Their numbers (N,).
        on_front: (N,), not dominated by another point of the same input in the columns drawn.
        values: (N, m).
        badness: (N, m), 0 for the best value of a column that is drawn and 1 for the worst; NaN in
            a column in which all are equal.
    """

    points: tuple[int, ...]
    on_front: npt.NDArray[np.bool_]
    values: Array
    badness: Array


@dataclass(frozen=True)
class Rows:
    """What the rows are called, and what all of them have in common.

    Attributes:
        names: Of the columns (m,), with an arrow where not all are better in the same direction.
        common: What all labels begin with and the direction, perhaps empty.
    """

    names: tuple[str, ...]
    common: str


def blocks_of(data: FrontData) -> list[Block]:
    """The points of each input, for a heat map."""
    return [_block(one, data.axes) for one in data.series]


def rows_of(axes: tuple[Axis, ...]) -> Rows:
    """What the rows of a heat map are called."""
    arrows = ["↑" if axis.higher else "↓" for axis in axes]
    parted = [axis.label.partition(", ") for axis in axes]
    alike = len({first for first, _, _ in parted}) == 1 and all(last for _, _, last in parted)
    names = [last if alike else axis.label for axis, (_, _, last) in zip(axes, parted, strict=True)]
    common = [parted[0][0]] if alike else []
    if len({*arrows}) > 1:
        names = [f"{name} {arrow}" for name, arrow in zip(names, arrows, strict=True)]
    else:
        common.append(f"(better {arrows[0]})")
    return Rows(tuple(names), " ".join(common))


def digits_of(axis: Axis) -> int:
    """How many digits tell the values of a column apart: three, and six where it is narrow."""
    span, size = axis.high - axis.low, max(abs(axis.low), abs(axis.high))
    if not 0 < span < size:
        return FEWEST_DIGITS
    return min(max(math.ceil(math.log10(size / span)) + 2, FEWEST_DIGITS), MOST_DIGITS)


def cell_text(value: float, digits: int = FEWEST_DIGITS) -> str:
    """A value with so many digits, large ones in thousands, millions, …."""
    for power, unit in ((9, "G"), (6, "M"), (3, "k")):
        if abs(value) >= 10.0**power:
            return f"{_rounded(value / 10.0**power, digits)}{unit}"
    return _rounded(value, digits)


def _rounded(value: float, digits: int) -> str:
    return f"{value:#.{digits}g}".rstrip(".")


def _block(series: Series, axes: tuple[Axis, ...]) -> Block:
    badness = np.column_stack(
        [_badness(series.values[:, place], axis) for place, axis in enumerate(axes)]
    )
    # Columns in which all are equal tell no point from another.
    mean = np.nan_to_num(badness, nan=0.5).mean(axis=1)
    order = np.argsort(mean.round(12), kind="stable")
    return Block(
        tuple(series.points[place] for place in order),
        series.on_front[order],
        series.values[order],
        badness[order],
    )


def _badness(values: Array, axis: Axis) -> Array:
    if axis.high == axis.low:
        return np.full(len(values), np.nan)
    low, high, there = axis.low, axis.high, values
    if axis.log:
        low, high, there = np.log(low), np.log(high), np.log(values)
    share: Array = (there - low) / (high - low)
    return 1 - share if axis.higher else share
