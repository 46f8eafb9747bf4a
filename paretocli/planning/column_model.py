"""Where on the front weights land: columns of finished points, interpolated over their weights.

Places are weights themselves, seen in the plane of the simplex: for two objectives the Chebyshev
solution lies where u_0 / (u_0 + u_1) = w_1, so equal steps of weights are about equal steps along a
front, whereas equal steps of their logarithms crowd at its ends.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.planning.landing import interpolated, landing, places_of

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ColumnModel:
    """Columns over weights, exact at the points and smooth between them.

    Where losses are known, columns are interpolated over where weights land (`landing`), seen along
    (1, …, 1), in which direction no two points of a front lie behind each other; else over weights.

    Attributes:
        weights: (K, m), rows of sum 1, all different.
        columns: (K, c), in any units.
        losses: (K, m), normalised, u = (f − ideal) / scale > 0, where they are known.
        simplices: (S, m), numbers of the points at the corners of each simplex of the weights'
            Delaunay triangulation, the intervals between neighbours for m = 2; none for K < m.

    Raises:
        InputError: There is no point, or not as many rows of columns as of weights.
    """

    weights: Array
    columns: Array
    losses: Array | None = None
    simplices: Integers = field(init=False)

    def __post_init__(self) -> None:
        if len(self.weights) == 0 or len(self.weights) != len(self.columns):
            raise InputError(
                "A model of columns needs a row of columns for each of its points, and a point at "
                f"least; found {len(self.weights)} points and {len(self.columns)} rows."
            )
        object.__setattr__(self, "simplices", _triangulation(places_of(self.weights)))

    def predict(self, weights: npt.ArrayLike) -> Array:
        """The columns (N, c) where weights (N, m) are expected to land."""
        rows = np.atleast_2d(np.asarray(weights, dtype=np.float64))
        if self.losses is None:
            return interpolated(places_of(self.weights), self.columns, places_of(rows))
        landed = landing(self.weights, self.losses, rows)
        size = np.ptp(self.losses, axis=0)
        size[size == 0] = 1
        return interpolated(places_of(self.losses / size), self.columns, places_of(landed / size))

    def between(self, weights: Array) -> Array:
        """The columns (N, c) that are expected for weights (N, m) between points.

        Points whose losses are not on their rays scatter, as those of networks do, and a smooth
        surface through them overshoots: it would tell of networks smaller than any. So between more
        than two of them it is linear; beyond all points it is what the nearest of their simplices
        has at its edge.
        """
        if self.losses is not None or self.weights.shape[1] == 2 or not len(self.simplices):
            return self.predict(weights)
        shares = self.shares(weights)
        inside = shares.min(axis=2).argmax(axis=1)
        own = shares[np.arange(len(weights)), inside].clip(min=0)
        own = (own / own.sum(axis=1, keepdims=True)).round(12)  # exact at the points
        found: Array = np.einsum("nd,ndc->nc", own, self.columns[self.simplices[inside]])
        return found

    def shares(self, weights: Array) -> Array:
        """Barycentric coordinates (N, S, m) of weights (N, m) in each simplex; ≥ 0 inside of it."""
        corners = self.weights[self.simplices]
        # Flat simplices have none; what is closest to them will do.
        inverse = np.linalg.pinv(corners.swapaxes(1, 2))
        found: Array = np.einsum("sij,nj->nsi", inverse, weights)
        return found

    def leave_one_out(self) -> Array:
        """How far off (K, c) each point would be predicted from the others alone; NaN for K = 1.

        Those at the ends of the front are predicted from inside of it.
        """
        errors = np.full(self.columns.shape, np.nan)
        losses = self.losses
        for i in range(len(self.weights) if len(self.weights) > 1 else 0):
            others = np.arange(len(self.weights)) != i
            model = ColumnModel(
                self.weights[others],
                self.columns[others],
                None if losses is None else losses[others],
            )
            errors[i] = model.between(self.weights[i : i + 1])[0] - self.columns[i]
        return errors


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
