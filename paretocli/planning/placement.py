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
from paretocli.planning.cover import cover, divided, nearest
from paretocli.planning.finished_points import Finished
from paretocli.planning.gaps import (
    ALIKE,
    Mask,
    between_rays,
    different,
    disconnected,
    exhausted,
)
from paretocli.planning.preferences import floored, lattice_size, simplex_lattice

FLOOR = 0.01
# Weights of sparsity to begin with, and what a task that is served best has of the tasks' weight.
DENSEST, BETWEEN, SPARSEST, FAVOUR = 0.0005, 0.05, 0.9, 0.8
MOST_PLACES = 1500  # at which a front is covered
FINEST = 200  # steps along an edge of a simplex


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


def initial_sparse_weights(objectives: int) -> Array:
    """Weights (m + 1, m) to begin with where the first objective is sparsity.

    The corners of the simplex are no use there: at one no task is learned, at the others all but
    one are given up. So: the sparsest network that still serves all tasks alike, the densest that
    does, and for each task one that serves it best.

    Args:
        objectives: Number of objectives m ≥ 2.
    """
    tasks = objectives - 1
    alike = np.full(tasks, 1 / tasks)
    best = np.full((tasks, tasks), (1 - FAVOUR) / max(tasks - 1, 1))
    np.fill_diagonal(best, FAVOUR if tasks > 1 else 1.0)
    shares = np.vstack([alike, alike, best])
    sparsity = np.array([SPARSEST, DENSEST, *[BETWEEN] * tasks])[:, None]
    return np.hstack([sparsity, (1 - sparsity) * shares])


def next_points(
    weights: npt.ArrayLike,
    columns: npt.ArrayLike,
    count: int,
    *,
    losses: npt.ArrayLike | None = None,
    inside: npt.ArrayLike | None = None,
    planned: int | None = None,
) -> Placement:
    """Propose weights for where the front is emptiest, from the finished points alone.

    One call puts no two points between the same parents, for where the first lands may be news for
    the second, and none where the best cover has none; so there can be fewer than asked for. The
    same input gives the same output.

    Args:
        weights: (K, m) of the finished points, m ≥ 2; of those objectives whose weights are free.
            Points that are dominated would be taken for a part of the front; leave them out.
        columns: (K, c), lower is better, each over its range, as `normalised` gives them.
        count: How many points to propose at most.
        losses: (K, m), u = (f − ideal) / scale ≥ 0, of what the subproblems minimised, not of
            networks that were trained on for something else. They say better where weights land,
            and where the front is not connected.
        inside: (K,), which points lie in the region of interest; all if left out. A place between
            points belongs to it with the larger part of its parents.
        planned: How many are still to come, those of this call and later ones; `count` if left out.

    Raises:
        InputError: Shapes do not fit, a number is not finite or a count negative.
    """
    finished = Finished.checked(weights, columns, losses, inside)
    if count < 0:
        raise InputError(f"The number of points to place should be at least 0, found {count}.")
    asked, table = finished.weights, finished.columns
    numbers, same = different(asked, table, finished.losses)
    known = finished.losses
    model = ColumnModel(asked[numbers], table[numbers], None if known is None else known[numbers])
    named = [tuple(sorted(numbers[simplex].tolist())) for simplex in model.simplices]
    owner, there = _places(model, ~exhausted(model, asked, same), finished.inside[numbers])
    points: list[NextPoint] = []
    if count and len(there):
        landed = model.predict(there)
        ahead = max(count, planned or 0)
        if asked.shape[1] == 2:
            centres = _along(landed, owner, ahead)
        else:
            centres = cover(landed, table, ahead, ALIKE)
        points = [
            NextPoint(there[i], named[owner[i]], landed[i], distance)
            for i, distance in _first(landed, owner, centres, table, count)
        ]
    holes = np.flatnonzero(disconnected(model, asked, same))
    return Placement(tuple(points), tuple(sorted(named[i] for i in holes)))


def _places(model: ColumnModel, is_open: Mask, inside: Mask) -> tuple[Integers, Array]:
    """Weights (P, m) all over the open simplices, and in which of them each lies (P,)."""
    simplices = np.flatnonzero(is_open)
    objectives, steps = model.weights.shape[1], 2
    while steps < FINEST and lattice_size(objectives, steps) * len(simplices) < MOST_PLACES:
        steps += 1
    shares = simplex_lattice(objectives, steps)
    corners = model.simplices[simplices]
    there = np.einsum("pi,sij->spj", shares, model.weights[corners]).reshape(-1, objectives)
    within = (shares @ inside[corners].T.astype(np.float64)).T.ravel() >= 0.5
    within &= ~between_rays(model, there)
    return np.repeat(simplices, len(shares))[within], there[within]


def _along(landed: Array, owner: Integers, count: int) -> list[int]:
    """Which places (P, c) of a curve to take: the middle one of those that divide each stretch.

    Args:
        landed: The places, in order along each stretch.
        owner: The stretch of each (P,).
        count: How many are to come in all.
    """
    curves = [np.flatnonzero(owner == one) for one in np.unique(owner)]
    steps = [np.linalg.norm(np.diff(landed[curve], axis=0), axis=1).cumsum() for curve in curves]
    lengths = np.array([step[-1] if len(step) else 0 for step in steps])
    chosen = []
    for curve, step, points in zip(curves, steps, divided(lengths, count), strict=True):
        if points and len(step) > 1:
            middle = step[-1] * ((points + 1) // 2) / (points + 1)
            chosen.append(int(curve[1 + np.abs(step[:-1] - middle).argmin()]))
    return chosen


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
