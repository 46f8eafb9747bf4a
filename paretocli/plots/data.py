"""What a picture of fronts shows: its axes and, for each input, its points."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from paretocli.core.splits import SPLITS
from paretocli.errors import InputError
from paretocli.front.baselines import figures_of_baselines
from paretocli.front.columns import by_factors, label, split_of
from paretocli.front.complete import LeftOut, complete_rows
from paretocli.front.directions import Directions
from paretocli.front.dominance import non_dominated
from paretocli.front.measured_alike import refuse_measured_otherwise
from paretocli.front.results import Results
from paretocli.plots.input_names import legend_names, title_of


@dataclass(frozen=True)
class Axis:
    """One column as an axis.

    Attributes:
        column: its name in the file.
        label: its name for people.
        higher: whether higher is better.
        low: smallest value of all points drawn, or that there can be.
        high: largest value of all points drawn, or that there can be.
        log: whether a logarithmic axis shows the points better.
    """

    column: str
    label: str
    higher: bool
    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, eq=False)
class Series:
    """The points of one input.

    Attributes:
        name: what the legend calls it.
        values: (N, m), one row a point, one column an axis.
        on_front: (N,), not dominated by another point of the same input in the columns drawn.
        failed: points that the input lists as not finished.
        left_out: finished points without a number in one of the columns.
        points: (N,), their numbers.
    """

    name: str
    values: npt.NDArray[np.float64]
    on_front: npt.NDArray[np.bool_]
    failed: int
    left_out: LeftOut
    points: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class FrontData:
    """A whole picture: m axes, one series an input, a title, and baselines by name, (m,) each."""

    axes: tuple[Axis, ...]
    series: tuple[Series, ...]
    title: str
    baselines: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)


def loss_columns(results: Sequence[Results], split: str) -> list[str]:
    """Name the loss columns of all objectives, in the order of the first input.

    Raises:
        InputError: an input names no objectives, or not those of the first.
    """
    first = results[0]
    for other in results:
        if len(other.objectives) < 2:
            found = f"only weight_{other.objectives[0]}" if other.objectives else "none"
            raise InputError(
                f"{other.path} does not name two objectives (they come from the columns "
                f"weight_<objective>; found {found}); choose two columns with --x and --y."
            )
        if set(other.objectives) != set(first.objectives):
            raise InputError(
                f"{first.path} and {other.path} have different objectives "
                f"({', '.join(first.objectives)} against {', '.join(other.objectives)}); overlay "
                f"sweeps of the same objectives, or choose two common columns with --x and --y."
            )
    return [f"loss_{objective}_{split}" for objective in first.objectives]


def gather(
    results: Sequence[Results],
    columns: Sequence[str],
    *,
    minimise: Collection[str] = (),
    maximise: Collection[str] = (),
    title: str | None = None,
) -> FrontData:
    """Collect what a picture of some columns shows.

    The front is the one of the columns drawn, so that the picture agrees with itself. It can
    differ from the file's `on_front`, which is decided on all validation losses.

    Args:
        results: the inputs, at least one.
        columns: m names of columns that every input has.
        minimise: what the user says is better lower.
        maximise: the same, better higher.
        title: the title; by default problem and split.

    Raises:
        InputError: a column is missing or holds words, nobody knows which direction of it is
            better, or an input has no point to draw.
    """
    for result in results:
        result.values(columns)  # what is not there has no direction either
    refuse_measured_otherwise(results, columns)
    directions = Directions(results, minimise, maximise)
    directions.refuse_unused(columns, "drawn")
    higher = directions.higher(columns).tolist()
    names = legend_names(results)
    series = tuple(
        _series(result, name, columns, higher) for result, name in zip(results, names, strict=True)
    )
    everything = np.concatenate([one.values for one in series])
    axes = axes_of(results, columns, everything, higher)
    title = title or title_of(results, splits_of(results, columns))
    return FrontData(axes, series, title, figures_of_baselines(results, columns))


def axes_of(
    results: Sequence[Results],
    columns: Sequence[str],
    values: npt.NDArray[np.float64],
    higher: Sequence[bool],
) -> tuple[Axis, ...]:
    """Make the axes of m columns from all values (N, m) that are drawn; `higher` is better."""
    splitless = [same_on_all_splits(results, name) for name in columns]
    bare = all(splitless) and all(name.startswith("loss_") for name in columns)
    objectives = results[0].objectives
    return tuple(
        axis_of(
            name,
            label(name, objectives, has_splits=not same, bare=bare),
            values[:, j],
            higher=better,
        )
        for j, (name, same, better) in enumerate(zip(columns, splitless, higher, strict=True))
    )


def splits_of(results: Sequence[Results], columns: Sequence[str]) -> set[str]:
    """Name the splits that columns come from, but for those that are the same on all."""
    splits = {split_of(name) for name in columns if not same_on_all_splits(results, name)}
    return {split for split in splits if split is not None}


def _series(result: Results, name: str, columns: Sequence[str], higher: Sequence[bool]) -> Series:
    complete, left_out = complete_rows(result, columns)
    drawn = result.values(columns)[complete]
    return Series(
        name=name,
        values=drawn,
        on_front=non_dominated(drawn, maximise=higher),
        failed=result.failed,
        left_out=left_out,
        points=tuple(result.point(int(row)) for row in np.flatnonzero(complete)),
    )


def axis_of(column: str, words: str, values: npt.NDArray[np.float64], *, higher: bool) -> Axis:
    """Make the axis of a column, called `words`, from all values (N,) that are drawn on it."""
    positive = bool((values > 0).all())
    # A rate of 0 to 100 % is one that people know on a linear axis.
    log = positive and column != "sparsity_rate" and (by_factors(column) or _is_squeezed(values))
    return Axis(column, words, higher, float(values.min()), float(values.max()), log)


def _is_squeezed(values: npt.NDArray[np.float64]) -> bool:
    """Tell whether far points squeeze the others together, but less so in their logarithms.

    That is where the middle half of the positive values (N,) fills less than a seventh of a range
    of more than a factor of 8. Accuracies near 1 beside a few near 0.1 lie at the wrong end for a
    logarithm to help.
    """
    low, first, third, high = np.quantile(values, [0.0, 0.25, 0.75, 1.0])
    if high <= 8 * low or 7 * (third - first) >= high - low:
        return False
    return bool(np.log(third / first) * (high - low) >= np.log(high / low) * (third - first))


def same_on_all_splits(results: Sequence[Results], column: str) -> bool:
    """Tell whether a column has its twins for the other splits, with the very same values.

    So it is for analytic problems, and for objectives that need no data, such as sparsity.
    """
    return all(_same_on_all_splits(result, column) for result in results)


def _same_on_all_splits(result: Results, column: str) -> bool:
    split = split_of(column)
    if split is None:
        return False
    twins = [f"{column.removesuffix(split)}{name}" for name in SPLITS]
    if not all(twin in result.frame.columns for twin in twins):
        return False
    table = result.frame[twins]
    return all((table[twin] == table[column]).all() for twin in twins)
