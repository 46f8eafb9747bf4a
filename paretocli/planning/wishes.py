"""Points for a wish: weights that should meet conditions on columns, and corrections of them."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.columns import is_size
from paretocli.front.results import Results, read_results
from paretocli.front.selection import Condition, parse_condition
from paretocli.options.config import SweepConfig
from paretocli.planning.aiming import MET, weights_for, weights_for_bounds
from paretocli.planning.column_model import ColumnModel
from paretocli.planning.growth import ALIKE, SPLIT, columns_that_matter, normalised_losses
from paretocli.planning.parents import SMALLEST
from paretocli.planning.preferences import Weights
from paretocli.planning.rounds import Further, added_round
from paretocli.run_directory.box import read_normalisation
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_file import SweepFile

TRIES = 3  # the first one and two corrections
LEAST_STEP = 1.5  # of the odds of sparsity, beyond the sparsest point

Array = npt.NDArray[np.float64]


def aimed(
    config: SweepConfig, wishes: Sequence[str], asked: str, note: Callable[[str], None]
) -> Further:
    """One point at a time that should fulfil conditions, until one does or three have not.

    Args:
        config: The sweep's configuration.
        wishes: Conditions, such as "accuracy_left >= 95 %".
        asked: What asked for them, by which earlier tries are known.
        note: Is told which point fulfils them, or comes nearest.
    """

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        solved = [record["point"] for record in records if record["status"] == "done"]
        if not solved:
            return None
        results = read_results(sweep.path)
        try:
            conditions = conditions_of(results, wishes)
        except InputError as error:  # a sweep knows its columns when its points are solved
            note(str(error))
            return None
        missed = _missed(results, conditions)
        nearest = int(missed.argmin())
        words = _words(results, nearest, conditions)
        if missed[nearest] <= 0:
            note(f"Point {results.point(nearest)} is as wished: {words}.")
            return None
        tries = sum(one.asked == asked for one in sweep.rounds)
        weights, in_reach = _weights(config, sweep, results, conditions, first=not tries)
        known = np.array(sweep.weights)
        if config.sparsity and (not in_reach or _is_there(known, weights)):
            weights = _sparser(known, results, nearest, conditions)
        if tries >= TRIES or _is_there(known, weights):
            note(f"No point is as wished; point {results.point(nearest)} comes nearest: {words}.")
            return None
        return added_round(config, sweep, solved, [tuple(weights.tolist())], asked=asked)

    return further


def conditions_of(results: Results, wishes: Sequence[str]) -> list[Condition]:
    """Wishes as conditions on columns.

    Raises:
        InputError: One is none, names no column, or one without numbers, or an equality; or two
            contradict each other.
    """
    found = [parse_condition(text, results, SPLIT) for text in wishes]
    for one in found:
        if not np.isfinite(results.values([one.column])).any():
            raise InputError(
                f"No point of {results.path} has a number in {one.column}, so no point can be "
                "wished for by it; name another column."
            )
        if one.sign == "==":
            raise InputError(
                f"--want {one} asks for one number exactly, which no training hits; give a bound "
                "with >= or <=."
            )
        below = [other for other in found if other.column == one.column and not _is_lower(other)]
        if against := [other for other in below if _is_lower(one) and one.bound > other.bound]:
            raise InputError(
                f"--want {one} and --want {against[0]} contradict each other; leave out one."
            )
    return found


def _is_lower(condition: Condition) -> bool:
    """Whether it is a lower bound."""
    return condition.sign in (">=", ">")


def _missed(results: Results, conditions: Sequence[Condition]) -> Array:
    """By how much each point (N,) misses the worst condition, over the column's range; ≤ 0: none.

    Infinite where a column is not finite.
    """
    values = results.values([one.column for one in conditions])
    bounds = np.array([one.bound for one in conditions])
    towards = np.array([1.0 if _is_lower(one) else -1.0 for one in conditions])
    finite = np.where(np.isfinite(values), values, np.nan)
    size = np.nan_to_num(np.nanmax(finite, axis=0) - np.nanmin(finite, axis=0), nan=1.0)
    amount = (bounds - values) * towards / np.where(size > 0, size, 1.0)
    holds = np.column_stack([one.holds(results) for one in conditions])
    amount = np.where(holds, np.minimum(amount, 0.0), np.maximum(amount, np.finfo(float).tiny))
    worst: Array = np.where(np.isfinite(values), amount, np.inf).max(axis=1)
    return worst


def _weights(
    config: SweepConfig,
    sweep: SweepFile,
    results: Results,
    conditions: Sequence[Condition],
    *,
    first: bool,
) -> tuple[Weights, bool]:
    """The weights (m,) that are expected to fulfil conditions best, and whether to fulfil all."""
    known = read_normalisation(sweep)
    names = sweep.config["objectives"]
    losses = {f"loss_{name}_{SPLIT}" for name in names}
    bounds = {one.column: one.bound for one in conditions if not _is_lower(one)}
    if first and known is not None and "scale" in known and bounds.keys() == losses:
        wanted = np.array([bounds[f"loss_{name}_{SPLIT}"] for name in names])
        reference = (wanted - known["ideal"]) / known["scale"]
        return weights_for(reference, config.epsilon), True
    towards = {one.column: -1.0 if _is_lower(one) else 1.0 for one in conditions}
    others = columns_that_matter(sweep, results)
    columns = list(dict.fromkeys([*towards, *others]))
    values = results.values(columns)
    rows = np.flatnonzero(np.isfinite(values).all(axis=1))
    signs = np.array([towards.get(column, others.get(column, 1.0)) for column in columns])
    table = values[rows] * signs
    low, size = table.min(axis=0), np.ptp(table, axis=0)
    size = np.where(size > 0, size, 1.0)
    most = np.full(len(columns), np.inf)
    for one in conditions:
        place = columns.index(one.column)
        most[place] = min(most[place], (one.bound * signs[place] - low[place]) / size[place])
    weights = np.array([sweep.weights[results.point(int(row))] for row in rows])
    _, once = np.unique(weights.round(9), axis=0, return_index=True)
    reached = None if config.sparsity else normalised_losses(sweep, results)
    model = ColumnModel(
        weights[once],
        ((table - low) / size)[once],
        None if reached is None else reached[rows][once],
    )
    found = weights_for_bounds(model, most)
    return found.weights, found.missed <= MET


def _is_there(known: Weights, weights: Weights) -> bool:
    return bool(np.abs(known - weights).max(axis=1).min() < ALIKE)


def _sparser(
    weights: Weights, results: Results, row: int, conditions: Sequence[Condition]
) -> Weights:
    """Weights (m,) beyond those that are there: sizes fall about as 1/w_0.

    Args:
        weights: (K, m), of all points, sparsity first.
        results: The table.
        row: Of the point that comes nearest, whose mixture of tasks is kept.
        conditions: The wishes; those on sizes say how far beyond.
    """
    sizes = [one for one in conditions if is_size(one.column) and not _is_lower(one)]
    factor = max(
        (results.values([one.column])[row, 0] / max(one.bound, 1.0) for one in sizes), default=1.0
    )
    largest = weights[:, 0].max()
    odds = largest / max(1 - largest, SMALLEST) * max(factor, LEAST_STEP)
    tasks = weights[results.point(row), 1:]
    share = odds / (1 + odds)
    found: Weights = np.concatenate([[share], tasks * (1 - share) / tasks.sum()])
    return found


def _words(results: Results, row: int, conditions: Sequence[Condition]) -> str:
    shown = {one.column: results.values([one.column])[row, 0] for one in conditions}
    return ", ".join(f"{column} {value:.6g}" for column, value in shown.items())
