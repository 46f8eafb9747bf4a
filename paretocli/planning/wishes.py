"""Points for a wish: weights that should meet conditions on columns, and corrections of them."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.columns import by_factors
from paretocli.front.directions import Directions
from paretocli.front.results import Results
from paretocli.front.selection import Condition, parse_condition
from paretocli.options.config import SweepConfig
from paretocli.planning.aiming import LEAST_STEP, MET, sparser, weights_for, weights_for_bounds
from paretocli.planning.column_model import ColumnModel
from paretocli.planning.held_sizes import held_by_conditions
from paretocli.planning.judged import (
    SPLIT,
    columns_that_matter,
    led_by_weights,
    losses_on_rays,
    of_interest,
    own_results,
    wanted_losses,
)
from paretocli.planning.preferences import Weights, point_with
from paretocli.planning.rounds import Further, added_round, solved_points
from paretocli.planning.unmeasured import to_be_measured
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_file import SweepFile

TRIES = 3  # the first one and two corrections

Array = npt.NDArray[np.float64]
Note = Callable[[str], None]
Measure = Callable[[Note], bool]  # tells of it, or why it does not


def aimed(
    config: SweepConfig,
    wishes: Sequence[str],
    asked: str,
    note: Note,
    measure: Measure | None = None,
) -> Further:
    """One point at a time that should fulfil conditions, until one does or three have not.

    A point that has given up a task fulfils none, but where conditions are on that task. What was
    trained and has yet to be measured, where conditions are on that, is measured; where that cannot
    be, it ends there, and the same goes on once somebody has measured it.

    Args:
        config: The sweep's configuration.
        wishes: Conditions, such as "accuracy_left >= 95 %".
        asked: What asked for them, by which earlier tries are known.
        note: Is told which point fulfils them, or comes nearest.
        measure: Measures all points, as they were measured before, and says whether it did.
    """

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        if not solved_points(records):
            return None
        try:
            results = own_results(sweep)
            conditions = conditions_of(results, wishes)
        except InputError as error:  # a sweep knows its columns when its points are solved
            note(str(error))
            return None
        columns = [one.column for one in conditions]
        waiting, left_out = to_be_measured(sweep, results, columns, asked)
        if waiting and measure is not None and measure(note):
            results = own_results(sweep)
            waiting, left_out = to_be_measured(sweep, results, columns, asked)
        if waiting or left_out:
            note(waiting or left_out)
        if waiting:
            return None
        judged = _Judged(sweep, results, conditions)
        nearest, fulfilled = judged.nearest()
        words = judged.words(nearest)
        if fulfilled:
            note(f"Point {results.point(nearest)} is as wished: {words}.")
            return None
        tries = sum(one.asked == asked for one in sweep.rounds)
        known = np.array(sweep.weights)
        limits = held_by_conditions(sweep, conditions)
        weights, in_reach = judged.weights(config, first=not tries, held=bool(limits))
        if judged.too_large() and (not in_reach or point_with(known, weights) is not None):
            weights = judged.sparser(known, nearest)
        if tries >= TRIES or point_with(known, weights) is not None:
            note(f"No point is as wished; point {results.point(nearest)} comes nearest: {words}.")
            return None
        rows = [tuple(weights.tolist())]
        return added_round(
            config, sweep, records, rows, asked=asked, columns=columns, limits=limits
        )

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
        if not np.isfinite(one.bound) or (by_factors(one.column) and one.bound <= 0):
            raise InputError(
                f"--want {one} is no bound that a point could be held to; give a finite number"
                + (" above 0." if by_factors(one.column) else ".")
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


class _Judged:
    """The points of a sweep, judged by wishes.

    Columns are those of the wishes and those that matter besides; all are turned so that lower is
    better, sizes on a logarithmic axis, and over their range.
    """

    def __init__(self, sweep: SweepFile, results: Results, conditions: Sequence[Condition]) -> None:
        self._sweep, self._results, self._conditions = sweep, results, conditions
        towards = {one.column: _is_lower(one) for one in conditions}
        others = [name for name in columns_that_matter(results) if name not in towards]
        higher = Directions([results]).higher(others).tolist() if others else []
        self._columns = [*towards, *others]
        self._signs = np.where([*towards.values(), *higher], -1.0, 1.0)
        table = self._turned(results.values(self._columns), self._columns)
        table[~np.isfinite(table)] = np.nan
        # Nobody can have wished for a column that is empty; what else is, says nothing.
        filled = np.isfinite(table).any(axis=0)
        low = np.where(filled, np.nanmin(np.where(filled, table, 0), axis=0), 0)
        size = np.where(filled, np.nanmax(np.where(filled, table, 0), axis=0) - low, 1)
        self._low, self._size = low, np.where(size > 0, size, 1)
        self._table: Array = (table - self._low) / self._size

    def nearest(self) -> tuple[int, bool]:
        """The row that fulfils all and is best besides, or else misses the worst one least."""
        wished = len({one.column for one in self._conditions})
        holds = np.column_stack([one.holds(self._results) for one in self._conditions])
        of_use = self._of_use()
        met = holds.all(axis=1) & of_use
        if met.any():
            rest = self._table[:, wished:] if self._table.shape[1] > wished else self._table
            cost = np.where(met, np.nan_to_num(rest, nan=1.0).sum(axis=1), np.inf)
            return int(cost.argmin()), True
        missed = (self._table[:, :wished] - self._bounds()[:wished]).max(axis=1)
        # One that has given up a task is nearer than none, and farther than all others.
        missed = np.where(of_use, missed, missed + 1e6)
        return int(np.where(np.isfinite(missed), missed, np.inf).argmin()), False

    def _of_use(self) -> npt.NDArray[np.bool_]:
        """Which points have given up no task; all where conditions on each say what that means."""
        tasks = {name for name in columns_that_matter(self._results) if not by_factors(name)}
        said = tasks <= {one.column for one in self._conditions}
        found: npt.NDArray[np.bool_] = of_interest(self._sweep, self._results) | said
        return found

    def weights(self, config: SweepConfig, *, first: bool, held: bool) -> tuple[Weights, bool]:
        """The weights (m,) that are expected to fulfil all, or most; and whether to fulfil all.

        Args:
            config: The sweep's configuration.
            first: Whether nothing was tried yet.
            held: Whether the point is to be held to a size.
        """
        names = [f"loss_{name}_{SPLIT}" for name in self._results.objectives]
        bounds = {one.column: one.bound for one in self._conditions if not _is_lower(one)}
        if first and bounds.keys() == {*names}:
            wanted = wanted_losses(self._sweep, self._results, [bounds[name] for name in names])
            if wanted is not None:
                return weights_for(wanted, config.epsilon), True
        # A point that will be held to a size lands like those that were.
        led = led_by_weights(self._sweep, self._results, shrunk=held)
        finite = np.isfinite(self._table).all(axis=1)
        rows = np.flatnonzero(finite & led if (finite & led).any() else finite)
        known = np.array([self._sweep.weights[self._results.point(int(row))] for row in rows])
        _, once = np.unique(known.round(9), axis=0, return_index=True)
        losses = losses_on_rays(self._sweep, self._results, rows)
        model = ColumnModel(
            known[once], self._table[rows][once], None if losses is None else losses[once]
        )
        found = weights_for_bounds(model, self._bounds())
        return found.weights, found.missed <= MET

    def too_large(self) -> bool:
        """Whether all points that are of use are larger than a size that is wished for."""
        sizes = [one for one in self._conditions if by_factors(one.column) and not _is_lower(one)]
        of_use = self._of_use()
        return any(not one.holds(self._results)[of_use].any() for one in sizes)

    def sparser(self, known: Weights, row: int) -> Weights:
        """Weights (m,) beyond those known (K, m): sizes fall about as 1/w_0.

        Those of the row where it is not a size that it misses: nothing says what lies beyond.
        """
        own: Weights = known[self._results.point(row)]
        sizes = [one for one in self._conditions if by_factors(one.column) and not _is_lower(one)]
        beyond = [self._results.values([one.column])[row, 0] / one.bound for one in sizes]
        if not self._sweep.config.get("sparsity") or not beyond or max(beyond) <= 1:
            return own
        return sparser(known, own, max(*beyond, LEAST_STEP))

    def words(self, row: int) -> str:
        """What a row has in the columns of the wishes."""
        shown = {one.column: self._results.values([one.column])[row, 0] for one in self._conditions}
        return ", ".join(f"{column} {value:.6g}" for column, value in shown.items())

    def _bounds(self) -> Array:
        """What each column (c,) should be at most, as the table has them; infinite for others."""
        most = np.full(len(self._columns), np.inf)
        for one in self._conditions:
            place = self._columns.index(one.column)
            turned = self._turned(np.array([[one.bound]]), [one.column])[0, 0]
            bound = (turned - self._low[place]) / self._size[place]
            most[place] = min(most[place], bound)
        return most

    def _turned(self, values: Array, columns: Sequence[str]) -> Array:
        signs = self._signs[[self._columns.index(column) for column in columns]]
        sizes = [by_factors(column) for column in columns]
        found = np.array(values, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[:, sizes] = np.log(found[:, sizes])
        turned: Array = found * signs
        return turned
