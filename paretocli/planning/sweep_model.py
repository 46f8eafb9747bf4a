"""Where weights of a sweep are expected to land: in columns of its table, in their own units."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.columns import by_factors
from paretocli.front.results import Results, read_results
from paretocli.front.selection import front_of
from paretocli.planning.column_axes import normalised
from paretocli.planning.column_model import Array, ColumnModel
from paretocli.planning.gaps import different
from paretocli.planning.judged import SPLIT, columns_that_matter, losses_on_rays, where_weights_led
from paretocli.run_directory.rounds import Expected, Row
from paretocli.run_directory.sweep_file import SweepFile

OFF = 1e-6  # a difference of weights from those that a model knows
EDGE = 1e-9  # rounding of shares
DIGITS = 6  # of what is expected: more would say nothing
NOTHING: Mapping[str, int] = {}


@dataclass(frozen=True, eq=False)
class SweepModel:
    """Columns over the weights of those points of a sweep that are on its front.

    Attributes:
        columns: Their names.
        logarithmic: (c,), which the model knows by their logarithms: the sizes.
        points: (K,), the points' numbers in the order of the model's.
        corners: (d, m), the weights of all objectives that each of the model's own stands for.
        model: Over d weights: of those objectives whose weights vary, or of the two ends where all
            points lie in a line.
    """

    columns: tuple[str, ...]
    logarithmic: npt.NDArray[np.bool_]
    points: tuple[int, ...]
    corners: Array
    model: ColumnModel

    def predict(self, weights: npt.ArrayLike) -> Array:
        """Columns (N, c) where weights (N, m) are expected to land; NaN outside of what is known.

        That is beyond the points, or beside the line that they lie in.
        """
        rows = np.asarray(weights, dtype=np.float64)
        own = self.own_weights(rows)
        beside = np.abs(own @ self.corners - rows).max(axis=1) > OFF
        inside = (self.model.shares(own).min(axis=2) >= -EDGE).any(axis=1) & ~beside
        found = np.full((len(rows), len(self.columns)), np.nan)
        if inside.any():
            found[inside] = self.columns_at(own[inside])
        return found

    def own_weights(self, weights: npt.ArrayLike) -> Array:
        """Weights (N, m) of all objectives as the model's (N, d)."""
        found: Array = np.asarray(weights, dtype=np.float64) @ np.linalg.pinv(self.corners)
        return found

    def columns_at(self, own: Array) -> Array:
        """Columns (N, c) where the model's own weights (N, d) land, in their own units."""
        return self.own_units(self.model.between(own))

    def own_units(self, columns: Array) -> Array:
        """Columns (N, c) of the model in their own units."""
        found: Array = np.where(self.logarithmic, np.exp(self.logarithmic * columns), columns)
        return found


def model_of(
    sweep: SweepFile, results: Results, columns: Sequence[str], *, shrunk: bool = False
) -> SweepModel | None:
    """The model of some columns; None where no point of the front has them all.

    Args:
        sweep: The sweep.
        results: Its table.
        columns: Which.
        shrunk: Whether networks count whose rows were taken away for their size: where they do, the
            model says where weights land with networks that are held to sizes as these were.

    Raises:
        InputError: A column is not there, or holds words.
    """
    results = where_weights_led(sweep, results, shrunk=shrunk)
    values = results.values(columns)
    logarithmic = np.array([by_factors(name) for name in columns])
    known = np.isfinite(values).all(axis=1) & (values[:, logarithmic] > 0).all(axis=1)
    rows = np.flatnonzero(known & front_of(results, SPLIT)[0])
    if not len(rows):
        return None
    numbers = [results.point(int(row)) for row in rows]
    if not {*numbers} <= {*range(sweep.points)}:
        return None  # somebody else's table
    weights = np.array([sweep.weights[number] for number in numbers])
    corners = _corners(weights)
    own = weights @ np.linalg.pinv(corners)
    whole = corners.shape[0] == corners.shape[1]
    losses = losses_on_rays(sweep, results, rows) if whole else None
    table = values[rows]
    places = normalised(table, logarithmic=logarithmic.tolist())
    once, _ = different(own, places, losses)
    table[:, logarithmic] = np.log(table[:, logarithmic])
    model = ColumnModel(own[once], table[once], None if losses is None else losses[once])
    return SweepModel(
        tuple(columns),
        logarithmic,
        tuple(numbers[place] for place in once),
        corners,
        model,
    )


def expected_at(
    sweep: SweepFile,
    weights: Sequence[Row],
    columns: Sequence[str] = (),
    limits: Mapping[str, int] = NOTHING,
) -> tuple[Expected, ...]:
    """Where further points are expected to land, from what is solved.

    Args:
        sweep: The sweep, whose table is up to date.
        weights: Of the further points, one an objective.
        columns: Those that they are placed by, beside the ones that always matter.
        limits: What their exported networks are to have at most, by column.

    Returns:
        For each point its columns, in their own units; None where nothing known lies beyond.
    """
    nothing: tuple[Expected, ...] = (None,) * len(weights)
    with suppress(InputError):  # a table that has no such columns stops no sweep
        results = read_results(sweep.path)
        names = list(dict.fromkeys([*columns_that_matter(results), *columns]))
        model = model_of(sweep, results, names, shrunk=bool(limits))
        if model is None:
            return nothing
        most = np.array([limits.get(name, np.inf) for name in names])
        return tuple(
            dict(zip(names, map(_rounded, row), strict=True)) if np.isfinite(row).all() else None
            for row in np.minimum(model.predict(np.array(weights)), most)
        )
    return nothing


def _corners(weights: Array) -> Array:
    """Weights (d, m) that span those of the points (K, m)."""
    free = np.ptp(weights, axis=0) > OFF
    if not free.any():
        return np.eye(weights.shape[1])
    steps = weights - weights[0]
    if free.sum() > 2 and np.linalg.matrix_rank(steps, tol=OFF) == 1:
        # In a line, as where all tasks are weighted alike: its two ends.
        along = steps @ steps[np.abs(steps).sum(axis=1).argmax()]
        ends: Array = weights[[along.argmin(), along.argmax()]]
        return ends
    corners = np.tile(np.where(free, 0, weights[0]), (int(free.sum()), 1))
    corners[:, free] = np.eye(len(corners)) * (1 - corners[:1].sum())
    return corners


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")
