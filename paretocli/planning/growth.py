"""Where a sweep grows by itself: what its points are to be good for, and what follows of that."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from paretocli.front.columns import is_size
from paretocli.front.directions import Directions
from paretocli.front.results import Results
from paretocli.front.selection import find_column, front_of, parse_condition
from paretocli.options.config import SweepConfig
from paretocli.planning.column_axes import normalised
from paretocli.planning.judged import (
    SPLIT,
    columns_that_matter,
    losses_on_rays,
    of_interest,
    own_results,
    where_weights_led,
)
from paretocli.planning.placement import Placement, next_points
from paretocli.planning.preferences import ALIKE, Weights, point_with
from paretocli.planning.rounds import Further, added_epochs, added_round, solved_points
from paretocli.planning.unmeasured import refuse_measured
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_file import SweepFile

SHARE = 3  # one of so many points that are left is placed at a time,
LEAST = 2  # but as many, which train side by side


@dataclass(frozen=True)
class Growth:
    """What the points of a growing sweep are to be good for.

    Attributes:
        columns: Where its front is to have no holes; without, the first metric of each task and
            `compact_parameters` where sparsity is an objective, else the losses of all objectives.
        where: Conditions on points that are of interest; without, each task has learned something.
        points: How many there are to be in all.
        budget: Epochs of single networks that they may take in all, 0 for as many as they take.
    """

    columns: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    points: int = 0
    budget: int = 0

    def most(self, config: SweepConfig) -> int:
        """How many points there are to be at most.

        Args:
            config: The sweep's, with the weights of the points that it begins with.
        """
        if not self.budget:
            return self.points
        begun = len(config.weights)
        left = max(0, self.budget - begun * config.total_epochs)
        return min(self.points, begun + left // sum(added_epochs(config)))

    def side_by_side(self, begun: int) -> int:
        """How many points can train together at most, of a sweep that begins with some."""
        return begun


def grown(config: SweepConfig, growth: Growth, note: Callable[[str], None]) -> Further:
    """Rounds of points where the front is emptiest.

    Args:
        config: The sweep's configuration.
        growth: How many, and what they are to be good for.
        note: Is told what was found.
    """
    told: set[tuple[int, ...]] = set()

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        if not solved_points(records):
            return None
        left = max(growth.points - len(sweep.own), 0)
        found = emptiest(sweep, growth, min(left, max(LEAST, -(-left // SHARE))), left)
        for gap in (gap for gap in found.disconnected if gap not in told):
            told.add(gap)
            *first, last = (str(point) for point in gap)
            note(
                f"What was asked for between points {', '.join(first)} and {last} did not land "
                "there: the front is not connected, or this solver and training do not reach it."
            )
        if not left:
            return None
        if not found.points:
            note(f"{len(sweep.own)} points fill the front as far as it goes; no more are added.")
            return None
        rows = [tuple(one.weights.tolist()) for one in found.points]
        if growth.budget:
            spent = sum(record["epochs"] for record in records)
            rows = rows[: max(0, (growth.budget - spent) // sum(added_epochs(config)))]
        if not rows:
            return None
        columns = _columns(own_results(sweep), growth)
        return added_round(config, sweep, records, rows, columns=columns)

    return further


def emptiest(sweep: SweepFile, growth: Growth, count: int, planned: int) -> Placement:
    """Where the front of a sweep is emptiest.

    Args:
        sweep: The sweep, whose table is up to date.
        growth: What points are to be good for.
        count: How many points to propose at most.
        planned: How many there are still to be, these and later ones.

    Returns:
        Weights of all objectives, and parents and gaps by the points' numbers.

    Raises:
        InputError: A column is not there, or nobody knows which direction of it is better.
    """
    # What weights did not lead to may fill holes, but nothing is placed by it.
    results = where_weights_led(sweep, own_results(sweep))
    asked = np.array([sweep.weights[point] for point in sweep.own])
    columns = _columns(results, growth) or columns_that_matter(results)
    values = results.values(columns)
    reached = front_of(results, SPLIT)[0]
    # A point that another one beats says nothing of where the front is.
    rows = np.flatnonzero(np.isfinite(values).all(axis=1) & reached)
    free = ~_fixed(asked)
    if not len(rows) or free.sum() < 2:
        return Placement((), ())
    numbers = [results.point(int(row)) for row in rows]
    weights = np.array([sweep.weights[number] for number in numbers])
    inside = of_interest(sweep, results, growth.where)
    front = inside & reached
    table = normalised(
        values[rows],
        maximise=Directions([results]).higher(columns).tolist(),
        logarithmic=[is_size(column) for column in columns],
        front=front[rows] if front[rows].any() else None,
    )
    # Some may be weights that were tried already, and landed behind the front.
    tried = len(asked) - len(rows)
    found = next_points(
        weights[:, free],
        table,
        count + tried if count else 0,
        losses=losses_on_rays(sweep, results, rows) if free.all() else None,
        inside=inside[rows],
        planned=planned,
    )
    return _numbered(found, numbers, asked, free, count)


def refuse_unknown_columns(growth: Growth, results: Results) -> None:
    """Refuse columns and conditions that name none of a table.

    Args:
        growth: What points are to be good for.
        results: The table.

    Raises:
        InputError: A column is not there, is measured later, or a condition is none.
    """
    _columns(results, growth)
    for text in growth.where:
        parse_condition(text, results, SPLIT)


def _columns(results: Results, growth: Growth) -> list[str]:
    """The columns that were named, as the table calls them."""
    refuse_measured(growth.columns, "--columns")
    refuse_measured([re.split(r"[<>=\s]", text.strip())[0] for text in growth.where], "--where")
    return [find_column(results, name, SPLIT) for name in growth.columns]


def _fixed(weights: Weights) -> npt.NDArray[np.bool_]:
    """Which objectives (m,) have the same weight in all points, which stays what it is."""
    same: npt.NDArray[np.bool_] = np.ptp(weights, axis=0) <= ALIKE
    return same if len(weights) > 1 else np.zeros_like(same)


def _numbered(
    found: Placement,
    numbers: Sequence[int],
    known: Weights,
    free: npt.NDArray[np.bool_],
    count: int,
) -> Placement:
    """With weights of all objectives, the numbers of points, and none that is there already."""
    points = []
    rest = known[0, ~free]
    for one in found.points:
        weights = np.empty(known.shape[1])
        weights[~free], weights[free] = rest, one.weights * (1 - rest.sum())
        if point_with(known, weights) is None:
            parents = tuple(numbers[parent] for parent in one.parents)
            points.append(replace(one, weights=weights, parents=parents))
    gaps = tuple(tuple(numbers[place] for place in gap) for gap in found.disconnected)
    return Placement(tuple(points[:count]), gaps)
