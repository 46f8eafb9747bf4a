"""Where on the front weights land: columns of finished points, interpolated over their weights.

Places are weights themselves, seen in the plane of the simplex: for two objectives the Chebyshev
solution lies where u_0 / (u_0 + u_1) = w_1, so equal steps of weights are about equal steps along a
front, whereas equal steps of their logarithms crowd at its ends.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ColumnModel:
    """Columns over weights, exact at the points and smooth between them.

    For two objectives monotone where the points are: the cubic of Fritsch and Carlson, SIAM Journal
    on Numerical Analysis 17 (1980), which makes no wave where the front jumps. For more, the
    thin-plate spline (Duchon, 1977); with too few points for it, linear in each simplex.

    Attributes:
        weights: (K, m), rows of sum 1, all different.
        columns: (K, c), in any units.
        simplices: (S, m), numbers of the points at the corners of each simplex of their Delaunay
            triangulation, the intervals between neighbours for m = 2; none for K < m.

    Raises:
        InputError: There is no point, or not as many rows of columns as of weights.
    """

    weights: Array
    columns: Array
    simplices: Integers = field(init=False)

    def __post_init__(self) -> None:
        if len(self.weights) == 0 or len(self.weights) != len(self.columns):
            raise InputError(
                "A model of columns needs a row of columns for each of its points, and a point at "
                f"least; found {len(self.weights)} points and {len(self.columns)} rows."
            )
        object.__setattr__(self, "simplices", _triangulation(places_of(self.weights)))

    def predict(self, weights: npt.ArrayLike) -> Array:
        """The columns (N, c) where weights (N, m) are expected to land.

        With two objectives, weights beyond the points' have the columns of the last one.
        """
        at, places = places_of(np.atleast_2d(weights)), places_of(self.weights)
        if len(places) == 1 or not len(self.simplices):
            return self._nearest(at)
        if at.shape[1] == 1:
            from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 - slow to import

            order = np.append(self.simplices[:, 0], self.simplices[-1, 1])
            line = places[order, 0]
            curve = PchipInterpolator(line, self.columns[order])
            found: Array = curve(at[:, 0].clip(line[0], line[-1]))
            return found
        from scipy.interpolate import RBFInterpolator  # noqa: PLC0415

        # The spline has a linear part, which as many points as a simplex has corners determine.
        found = RBFInterpolator(places, self.columns, kernel="thin_plate_spline", degree=1)(at)
        return found

    def shares(self, weights: Array) -> Array:
        """The barycentric coordinates (S, m) of weights (m,) in each simplex; ≥ 0 inside of it."""
        corners = self.weights[self.simplices]
        # Flat simplices have none; what is closest to them will do.
        found: Array = np.einsum("sij,j->si", np.linalg.pinv(corners.swapaxes(1, 2)), weights)
        return found

    def leave_one_out(self) -> Array:
        """How far off (K, c) each point would be predicted from the others alone; NaN for K = 1.

        Those at the ends of the front are predicted from inside of it.
        """
        errors = np.full(self.columns.shape, np.nan)
        for i in range(len(self.weights) if len(self.weights) > 1 else 0):
            others = np.arange(len(self.weights)) != i
            model = ColumnModel(self.weights[others], self.columns[others])
            errors[i] = model.predict(self.weights[i])[0] - self.columns[i]
        return errors

    def _nearest(self, at: Array) -> Array:
        distances = np.linalg.norm(at[:, None] - places_of(self.weights), axis=2)
        found: Array = self.columns[distances.argmin(axis=1)]
        return found


def places_of(weights: Array) -> Array:
    """Weights (N, m) in orthonormal coordinates (N, m − 1) of the simplex's plane."""
    objectives = weights.shape[-1]
    rows = np.tril(np.ones((objectives - 1, objectives)))
    rows[np.arange(objectives - 1), np.arange(1, objectives)] = -np.arange(1, objectives)
    places: Array = weights @ (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T
    return places


def _triangulation(places: Array) -> Integers:
    count, dimensions = places.shape
    if count <= dimensions:
        return np.empty((0, dimensions + 1), dtype=np.int64)
    if dimensions == 1:
        order = np.argsort(places[:, 0], kind="stable")
        return np.stack([order[:-1], order[1:]], axis=1)
    from scipy.spatial import Delaunay, QhullError  # noqa: PLC0415 - two objectives do without

    try:
        found: Integers = np.sort(Delaunay(places).simplices.astype(np.int64))
    except QhullError:  # all in a line, or a plane: they span nothing
        return np.empty((0, dimensions + 1), dtype=np.int64)
    return found[np.lexsort(found.T[::-1])]
