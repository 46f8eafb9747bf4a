"""Where a sweep grows by itself: what its points are to be good for, and what follows of that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from paretocli.front.columns import is_size
from paretocli.front.directions import Directions
from paretocli.front.results import Results, read_results
from paretocli.front.selection import find_column, front_of, parse_condition
from paretocli.front.sizes import COMPACT
from paretocli.options.config import SweepConfig
from paretocli.planning.column_axes import normalised
from paretocli.planning.placement import Placement, next_points
from paretocli.planning.preferences import Weights
from paretocli.planning.rounds import Further, added_round
from paretocli.run_directory.box import read_normalisation
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_file import SweepFile

SPLIT = "val"  # points are placed by what is not reported on
GIVEN_UP = 0.95  # of the loss before training, above the ideal: who learns nothing is about there
CERTIFIED = 0.05  # a relative gap
SHARE = 3  # one of so many points that are left is placed at a time,
LEAST = 2  # but as many, which train side by side
ALIKE = 1e-6  # weights that differ by less, of each, are those of one point


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


def grown(config: SweepConfig, growth: Growth, note: Callable[[str], None]) -> Further:
    """Rounds of points where the front is emptiest.

    Args:
        config: The sweep's configuration.
        growth: How many, and what they are to be good for.
        note: Is told what was found.
    """
    told: set[tuple[int, ...]] = set()

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        solved = [record["point"] for record in records if record["status"] == "done"]
        if not solved:
            return None
        left = growth.points - sweep.points
        count = min(left, max(LEAST, -(-left // SHARE))) if left > 0 else 0
        found = emptiest(sweep, growth, count, max(left, 0))
        sure = {record["point"] for record in records if _is_certified(record)}
        for gap in (gap for gap in found.disconnected if gap not in told):
            if sure.issuperset(gap):
                told.add(gap)
                *first, last = (str(point) for point in gap)
                note(f"The front is not connected between points {', '.join(first)} and {last}.")
        if left <= 0:
            return None
        if not found.points:
            note(f"{sweep.points} points fill the front as far as it goes; no more are added.")
            return None
        rows = [tuple(one.weights.tolist()) for one in found.points]
        one = added_round(config, sweep, solved, rows)
        if growth.budget:
            spent = sum(record["epochs"] for record in records)
            rows = rows[: max(0, (growth.budget - spent) // one.total_epochs)]
        return added_round(config, sweep, solved, rows) if rows else None

    return further


def _is_certified(record: PointRecord) -> bool:
    """Whether a point is close to optimal: where another lies says something of the front then."""
    gap = record.get("relative_gap")
    return gap is not None and gap <= CERTIFIED


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
    results = read_results(sweep.path)
    matter = columns_that_matter(sweep, results)
    columns = [find_column(results, name, SPLIT) for name in growth.columns] or list(matter)
    values = results.values(columns)
    reached = front_of(results, SPLIT)[0]
    # A point that another one beats says nothing of where the front is.
    rows = np.flatnonzero(np.isfinite(values).all(axis=1) & reached)
    free = ~_fixed(np.array(sweep.weights))
    if not len(rows) or free.sum() < 2:
        return Placement((), ())
    numbers = [results.point(int(row)) for row in rows]
    weights = np.array([sweep.weights[number] for number in numbers])
    inside = _of_interest(sweep, results, growth.where)
    front = inside & reached
    table = normalised(
        values[rows],
        maximise=Directions([results]).higher(columns).tolist(),
        logarithmic=[is_size(column) for column in columns],
        front=front[rows] if front[rows].any() else None,
    )
    # Where rows are tied after the search, its losses are not those that were minimised.
    minimised = free.all() and not sweep.config.get("sparsity")
    losses = normalised_losses(sweep, results) if minimised else None
    # Some may be weights that were tried already, and landed behind the front.
    tried = len(sweep.weights) - len(rows)
    found = next_points(
        weights[:, free],
        table,
        count + tried if count else 0,
        losses=None if losses is None else losses[rows],
        inside=inside[rows],
        planned=planned,
    )
    return _numbered(found, numbers, np.array(sweep.weights), free, count)


def columns_that_matter(sweep: SweepFile, results: Results) -> dict[str, float]:
    """The first metric of each task and the size, or the losses; 1 where lower is better, else −1.

    A task without a metric has its loss. Sizes count where sparsity is an objective.
    """
    losses = [f"loss_{name}_{SPLIT}" for name in results.objectives]
    size = COMPACT[0]
    if not sweep.config.get("sparsity") or size not in results.frame:
        return dict.fromkeys(losses, 1.0)
    found = {}
    for task in sweep.config["objectives"][1:]:
        own = (name for name, way in sweep.directions.items() if name.endswith(f"_{task}") and way)
        metric = next(own, None)
        if metric is None:
            found[f"loss_{task}_{SPLIT}"] = 1.0
        else:
            found[f"{metric}_{SPLIT}"] = -1.0 if sweep.directions[metric] == "higher" else 1.0
    return {**found, size: 1.0}


def normalised_losses(sweep: SweepFile, results: Results) -> npt.NDArray[np.float64] | None:
    """(f − ideal) / scale (N, m), 0 below the ideal; None where that is not known of all points."""
    known = read_normalisation(sweep)
    if known is None or "scale" not in known:
        return None
    names = sweep.config["objectives"]
    losses = results.values([f"loss_{name}_{SPLIT}" for name in names])
    if not np.isfinite(losses).all():
        return None
    found: npt.NDArray[np.float64] = ((losses - known["ideal"]) / known["scale"]).clip(min=0)
    return found


def _fixed(weights: Weights) -> npt.NDArray[np.bool_]:
    """Which objectives (m,) have the same weight in all points, which stays what it is."""
    same: npt.NDArray[np.bool_] = np.ptp(weights, axis=0) < ALIKE
    return same if len(weights) > 1 else np.zeros_like(same)


def _of_interest(sweep: SweepFile, results: Results, where: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which rows (N,) are: by conditions, or those whose every task has learned something."""
    found = np.ones(len(results.frame), dtype=bool)
    if where:
        for text in where:
            found &= parse_condition(text, results, SPLIT).holds(results)
        return found
    known = read_normalisation(sweep)
    if known is None or "scale" not in known or sweep.config.get("scale") != "initial":
        return found
    names = sweep.config["objectives"]
    tasks = names[1:] if sweep.config.get("sparsity") else names
    for name in tasks:
        place = names.index(name)
        reached = results.values([f"loss_{name}_{SPLIT}"])[:, 0] - known["ideal"][place]
        found &= reached < GIVEN_UP * known["scale"][place]
    return found


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
        if np.abs(known - weights).max(axis=1).min() > ALIKE:
            parents = tuple(numbers[parent] for parent in one.parents)
            points.append(replace(one, weights=weights, parents=parents))
    gaps = tuple(tuple(numbers[place] for place in gap) for gap in found.disconnected)
    return Placement(tuple(points[:count]), gaps)
