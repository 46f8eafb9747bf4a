"""Where the next points of a sweep go: to where its front is emptiest.

The weights of finished points span a triangulation, and a model of their columns (`column_model`)
fills it: that is the front as far as it is known. The next points belong to the cover of it that is
best with all points that are still to come. To halve the largest gap again and again would leave
some gaps twice as large as others.

That a front of few points is refined where its gaps are largest is the idea of the adaptive
weighted sum (Kim and de Weck, Structural and Multidisciplinary Optimization 29, 2005), here with
Chebyshev weights, which also reach what is not convex.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.planning.column_model import Array, ColumnModel, Integers
from paretocli.planning.cover import cover, nearest
from paretocli.planning.gaps import ALIKE, Mask, different, disconnected, narrow
from paretocli.planning.preferences import floored, lattice_size, simplex_lattice

FLOOR = 0.01
MOST_PLACES = 1500  # at which a front is covered
FINEST = 64  # steps along an edge of a simplex


@dataclass(frozen=True, eq=False)
class NextPoint:
    """A point to solve next.

    Attributes:
        weights: (m,), of sum 1.
        parents: Numbers of the m finished points that it lies between, rising.
        columns: (c,), where it is expected to land.
        distance: From there to the nearest point that is finished or goes before it.
    """

    weights: Array
    parents: tuple[int, ...]
    columns: Array
    distance: float


@dataclass(frozen=True, eq=False)
class Placement:
    """What `next_points` found.

    Attributes:
        points: The points to solve next, that of the emptiest place first.
        disconnected: Numbers of m finished points, rising, between which one was tried and there
            is none: the front is not connected there.
    """

    points: tuple[NextPoint, ...]
    disconnected: tuple[tuple[int, ...], ...]


def initial_weights(objectives: int, floor: float = FLOOR) -> Array:
    """Weights (m + 1, m) to begin with: each objective's best that serves the others, the middle.

    Args:
        objectives: Number of objectives m ≥ 2.
        floor: What the others have at least, before rows are normalised, above 0 and below 1/m.

    Raises:
        InputError: Either is out of its range.
    """
    if objectives < 2:
        raise InputError(f"Points are placed between 2 objectives at least, found {objectives}.")
    if floor <= 0:
        raise InputError(f"The floor of initial weights should be above 0, found {floor}.")
    corners = floored(np.eye(objectives), floor)
    return np.vstack([corners, np.full((1, objectives), 1 / objectives)])


def next_points(
    weights: npt.ArrayLike,
    columns: npt.ArrayLike,
    count: int,
    *,
    inside: npt.ArrayLike | None = None,
    planned: int | None = None,
) -> Placement:
    """Propose weights for where the front is emptiest, from the finished points alone.

    One call puts no two points between the same parents, for where the first lands may be news for
    the second; so there can be fewer than asked for. The same input gives the same output.

    Args:
        weights: (K, m) of the finished points, m ≥ 2; of those objectives whose weights are free.
        columns: (K, c), lower is better, each over its range, as `normalised` gives them.
        count: How many points to propose at most.
        inside: (K,), which points lie in the region of interest; all if left out. A place between
            points belongs to it with the larger part of its parents.
        planned: How many are still to come, those of this call and later ones; `count` if left out.

    Raises:
        InputError: Shapes do not fit, a number is not finite or a count negative.
    """
    asked, table, mask = _checked(weights, columns, inside)
    if count < 0:
        raise InputError(f"The number of points to place should be at least 0, found {count}.")
    numbers, same = different(asked, table)
    model = ColumnModel(asked[numbers], table[numbers])
    empty = disconnected(model, asked, same)
    named = [tuple(sorted(numbers[simplex].tolist())) for simplex in model.simplices]
    open_ones = np.flatnonzero(~empty & ~narrow(model))
    owner, there = _places(model, open_ones, mask[numbers])
    points: list[NextPoint] = []
    if count and len(there):
        landed = model.predict(there)
        centres = cover(landed, table, max(count, planned or 0), ALIKE)
        points = [
            NextPoint(there[i], named[owner[i]], landed[i], distance)
            for i, distance in _first(landed, owner, centres, table, count)
        ]
    return Placement(tuple(points), tuple(sorted(named[i] for i in np.flatnonzero(empty))))


def _checked(
    weights: npt.ArrayLike, columns: npt.ArrayLike, inside: npt.ArrayLike | None
) -> tuple[Array, Array, Mask]:
    rows, table = np.asarray(weights, dtype=np.float64), np.asarray(columns, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] < 2 or table.ndim != 2 or not len(rows) == len(table) > 0:
        raise InputError(
            "Points are placed by weights (K, m) and columns (K, c) of the same finished points, "
            f"found shapes {rows.shape} and {table.shape}."
        )
    if not (np.isfinite(rows).all() and np.isfinite(table).all()):
        raise InputError("Weights and columns of finished points should be finite numbers.")
    if (rows < 0).any() or not (rows.sum(axis=1) > 0).all():
        raise InputError("Weights should be zero or more, and not all zero for any point.")
    mask = np.ones(len(rows), dtype=bool) if inside is None else np.asarray(inside, dtype=bool)
    if mask.shape != rows.shape[:1]:
        raise InputError(
            f"The region should say for each of {len(rows)} points whether it lies inside, found "
            f"shape {mask.shape}."
        )
    return rows / rows.sum(axis=1, keepdims=True), table, mask


def _places(model: ColumnModel, simplices: Integers, inside: Mask) -> tuple[Integers, Array]:
    """Weights (P, m) all over the simplices, and in which of them each lies (P,)."""
    objectives, steps = model.weights.shape[1], model.weights.shape[1]
    while steps < FINEST and lattice_size(objectives, steps) * len(simplices) < MOST_PLACES:
        steps += 1
    shares = simplex_lattice(objectives, steps)
    corners = model.simplices[simplices]
    there = np.einsum("pi,sij->spj", shares, model.weights[corners]).reshape(-1, objectives)
    within = (shares @ inside[corners].T.astype(np.float64)).T.ravel() >= 0.5
    return np.repeat(simplices, len(shares))[within], there[within]


def _first(
    landed: Array, owner: Integers, centres: list[int], finished: Array, count: int
) -> list[tuple[int, float]]:
    """Which centres come first, the farthest from all points before it, one a simplex."""
    chosen: list[tuple[int, float]] = []
    taken = finished
    left = list(centres)
    while left and len(chosen) < count:
        distances = nearest(landed[left], taken)
        i, distance = left[int(distances.argmax())], float(distances.max())
        if distance <= ALIKE:
            break
        chosen.append((i, distance))
        taken = np.vstack([taken, landed[i]])
        left = [j for j in left if owner[j] != owner[i]]
    return chosen
