"""The rounds of a sweep: which points start together, from which others, and for how long."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.planning.parents import nearest_parents
from paretocli.planning.paths import levels
from paretocli.planning.sweep_model import expected_at
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round, Row, SizeLimits
from paretocli.run_directory.sweep_file import SweepFile
from paretocli.solvers.registry import SOLVERS

# What a point that starts from another trains for, of what others do. Mostly in the search: what is
# gained there goes on to the points that start from this one.
WARM_SHARE = 0.3
HELD_SHARE = 0.2  # of these, for the search of a point that is held to a size

Further = Callable[[SweepFile, Sequence[PointRecord]], Round | None]
"""Plans a round from a sweep whose points are solved and their records, None where it is over."""


def first_round(config: SweepConfig, later: Sequence[Round]) -> Round:
    """The points of a configuration that no later round takes, which start from scratch."""
    taken = {point for one in later for point in one.points}
    points = tuple(point for point in range(len(config.weights)) if point not in taken)
    weights = tuple(config.weights[point] for point in points)
    nobody = (None,) * len(points)
    return Round(0, points, weights, nobody, config.epochs, config.retrain_epochs)


def path_rounds(config: SweepConfig) -> tuple[Round, ...]:
    """The rounds after the first of a sweep along paths: each has the next point of each path."""
    epochs = warm_epochs(config)
    return tuple(
        Round(number, points, tuple(config.weights[point] for point in points), parents, *epochs)
        for number, (points, parents) in enumerate(levels(config), start=1)
    )


def added_round(
    config: SweepConfig,
    sweep: SweepFile,
    records: Sequence[PointRecord],
    weights: Sequence[Row],
    *,
    asked: str = "",
    columns: Sequence[str] = (),
    limits: SizeLimits | None = None,
    parent: int | None = None,
) -> Round:
    """A round of further points, with where they are expected to land.

    Args:
        config: The sweep's configuration.
        sweep: All that it has so far.
        records: Of its points; others can start from those that are solved.
        weights: Of the new points.
        asked: What asked for them.
        columns: What they are placed by, beside the columns that always matter.
        limits: What their exported networks are to have at most, if anything.
        parent: What they start from, if from any; the nearest of the denser ones, each its own,
            where nothing is said.
    """
    number, solved = len(sweep.rounds) + 1, solved_points(records)
    points = tuple(range(sweep.points, sweep.points + len(weights)))
    limits = limits or {}
    expected = expected_at(sweep, weights, columns, cast(Mapping[str, int], limits))
    if config.warm == "none" or not solved:
        nobody = (None,) * len(points)
        cold = (config.epochs, config.retrain_epochs)
        found = Round(number, points, tuple(weights), nobody, *cold)
        return replace(found, asked=asked, expected=expected, limits=limits)
    starts = solved if parent is None else [parent]
    rows = np.array([sweep.weights[point] for point in starts])
    places = nearest_parents(rows, np.array(weights), sparse=config.sparsity)
    parents = tuple(starts[place] for place in places)
    epochs = warm_epochs(config, limited=bool(limits))
    found = Round(number, points, tuple(weights), parents, *epochs)
    return replace(found, asked=asked, expected=expected, limits=limits)


def once(config: SweepConfig, weights: Sequence[Row]) -> Further:
    """One round of points with given weights."""
    left = [weights]

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        return added_round(config, sweep, records, left.pop()) if left else None

    return further


def one_after_another(plans: Sequence[Further]) -> Further:
    """What each plans, when those before it plan no more."""
    left = list(plans)

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        while left:
            if (found := left[0](sweep, records)) is not None:
                return found
            left.pop(0)
        return None

    return further


def first_that_plans(plans: Sequence[Further]) -> Further:
    """Each time what the first plans that has something to plan."""

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        found = (plan(sweep, records) for plan in plans)
        return next((one for one in found if one is not None), None)

    return further


def refuse_own_weights(config: SweepConfig) -> None:
    """Refuse a sweep whose solver chooses its points itself.

    Raises:
        InputError: It does.
    """
    solver = SOLVERS[config.solver]
    if solver.joins:
        raise InputError(
            f"The points of the solver {config.solver} train together, so that none can be added "
            "to them; sweep with more --points in another --out."
        )
    if not solver.takes_more:
        raise InputError(
            f"The solver {config.solver} has points of its own, whatever the weights; points can "
            "be added to sweeps of the others."
        )


def solved_points(records: Sequence[PointRecord]) -> list[int]:
    """The points that others can start from: those solved for weights of their own."""
    return [r["point"] for r in records if r["status"] == "done" and "kept_epoch" not in r]


def added_epochs(config: SweepConfig) -> tuple[int, int]:
    """Epochs of a point that is added to solved ones: of its search, and after it."""
    if config.warm == "none":
        return config.epochs, config.retrain_epochs
    return warm_epochs(config)


def warm_epochs(config: SweepConfig, *, limited: bool = False) -> tuple[int, int]:
    """Epochs of a point that starts from another: of its search, and after it.

    Args:
        config: The sweep's configuration.
        limited: Whether it is to have a size at most. What its rows are worth that are taken away
            for it is made up for after the search, so most of the epochs are, unless it is said.
    """
    search, after = _share_of(config.epochs), _share_of(config.retrain_epochs)
    if not config.retrain_epochs:
        return config.warm_epochs or search, 0
    if limited and not config.warm_epochs and not config.warm_retrain_epochs:
        both = max(2, search + after)
        search = max(1, round(HELD_SHARE * both))
        return search, both - search
    return config.warm_epochs or search, config.warm_retrain_epochs or after


def _share_of(epochs: int) -> int:
    return max(1, round(WARM_SHARE * epochs))
