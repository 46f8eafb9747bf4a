"""How well points do what a classification of columns asks for.

As the first subproblem of NIMBUS: the least of the largest distance to what is to be reached,

    max(max_far (c_i − c*_i), max_level [c_i − l_i]₊),

where no column that is to improve or is left is worse than at the point itself, and none that may
get worse beyond its bound. Columns are turned so that lower is better, sizes on a logarithmic axis,
and over their range; c* is the best that is known. Of those that reach all levels, the one that
gives away least is best: whose largest share of what may be given away is smallest.
"""

import numpy as np
import numpy.typing as npt

from paretocli.front.columns import is_size
from paretocli.front.results import Results
from paretocli.planning.classification import Classification

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Achievement:
    """Points, and columns that others are expected to have, judged by a classification.

    Args:
        results: The sweep.
        asked: What should change, from which point on.
        axes: The rows (N,) by which ranges and the best go.
        of_use: The rows (N,) that say how bad a column may become that may get worse freely.

    Attributes:
        columns: Names (c,).
        table: (N, c), lower is better; NaN where a cell is empty.
    """

    def __init__(self, results: Results, asked: Classification, axes: Mask, of_use: Mask) -> None:
        self._asked = asked
        self.columns = [one.column for one in asked.classes]
        self._signs = np.array([-1.0 if one.higher else 1.0 for one in asked.classes])
        self._sizes = [is_size(column) for column in self.columns]
        raw = self._turned(results.values(self.columns))
        raw[~np.isfinite(raw)] = np.nan
        self._low: Array = np.nanmin(raw[axes], axis=0)
        size = np.nanmax(raw[axes], axis=0) - self._low
        self._size: Array = np.where(size > 0, size, 1)
        self.table: Array = (raw - self._low) / self._size
        self._here = self.table[asked.row]
        self._improve, self._worsen = (
            np.array([one.kind == kind for one in asked.classes]) for kind in ("improve", "worsen")
        )
        levels = [[np.nan if one.level is None else one.level for one in asked.classes]]
        self._levels: Array = (self._turned(np.array(levels))[0] - self._low) / self._size
        self._most = self._bounds(of_use)

    def best(self, front: Mask) -> int | None:
        """The row that does best what is asked for; None where none does it.

        It is better in all that is to improve, levels reached or not, and within all bounds.

        Args:
            front: The rows (N,) among which to choose.
        """
        better = (self.table < self._here)[:, self._improve].all(axis=1)
        rows = np.flatnonzero(front & better & (self.table <= self._most).all(axis=1))
        return int(rows[self.best_first(self.table[rows])[0]]) if len(rows) else None

    def missed(self, columns: Array, margin: float = 0.0) -> Array:
        """By how much each of some columns (N, c) misses the worst bound; 0 where all are kept.

        Args:
            columns: As in `table`.
            margin: How far within its bounds each is to stay, but no more than a tenth of what may
                be given away.
        """
        given = np.where(np.isfinite(self._most), self._most - self._here, np.inf)
        inside = np.where(self._worsen, np.minimum(margin, given / 10), margin)
        found: Array = (columns - self._most + inside).max(axis=1).clip(min=0)
        return found

    def best_first(self, columns: Array, margin: float = 0.0) -> npt.NDArray[np.intp]:
        """The places of columns (N, c), the best first, without those that have an empty cell.

        Args:
            columns: As in `table`.
            margin: How far within its bounds and beyond its levels each is to be.
        """
        filled = np.flatnonzero(np.isfinite(columns).all(axis=1))
        known = columns[filled]
        keys = (self._given_away(known), self._distance(known, margin), self.missed(known, margin))
        found: npt.NDArray[np.intp] = filled[np.lexsort(keys)]
        return found

    def gain(self, reached: Array, expected: Array) -> float:
        """By how much some columns (c,) are better than others (c,) that are within their bounds.

        Of those that reach all levels, that is how much less they give away.
        """
        both = np.stack([reached, expected])
        before, after = self._distance(both)
        if before <= 0 and after <= 0 and np.isfinite(self._levels[self._improve]).all():
            before, after = self._given_away(both)
        return float(before - after)

    def in_units(self, columns: Array) -> Array:
        """Columns (c,) of `table` in their own units."""
        found: Array = (columns * self._size + self._low) * self._signs
        found[self._sizes] = np.exp(found[self._sizes])
        return found

    def _distance(self, columns: Array, margin: float = 0.0) -> Array:
        """How far columns (N, c) are from what is to be reached."""
        beyond = np.maximum(columns - self._levels + margin, 0)
        terms = np.where(np.isfinite(self._levels), beyond, columns)
        found: Array = terms[:, self._improve].max(axis=1)
        return found

    def _given_away(self, columns: Array) -> Array:
        given = columns - self._here
        may = np.where(np.isfinite(self._most), self._most - self._here, 1)
        found: Array = (given / np.where(may > 0, may, 1))[:, self._worsen].max(axis=1)
        return found

    def _bounds(self, of_use: Mask) -> Array:
        """What each column (c,) should be at most."""
        free = self._worsen & ~np.isfinite(self._levels)
        worst = np.where(np.isfinite(self.table) & of_use[:, None], self.table, -np.inf).max(axis=0)
        # Who is the worst himself may get worse still.
        worst = np.where(worst > self._here, worst, np.inf)
        bound = np.where(free, worst, self._levels)
        found: Array = np.where(self._worsen, bound, self._here)
        return found

    def _turned(self, values: Array) -> Array:
        found = np.array(values, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[:, self._sizes] = np.log(found[:, self._sizes])
        turned: Array = found * self._signs
        return turned
