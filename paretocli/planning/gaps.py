"""Gaps of a front: where points were tried between others, and there are none."""

from collections import Counter
from itertools import combinations

import numpy as np
import numpy.typing as npt

from paretocli.planning.column_model import Array, ColumnModel, Integers
from paretocli.planning.landing import TINY, rays_of
from paretocli.planning.preferences import log_ratios

Mask = npt.NDArray[np.bool_]

ALIKE = 1e-3  # a distance of columns, in units of their range, or of log-ratios that is none
NARROW = 0.05  # a ratio of weights as close to that of others is not worth a point
FAR = 0.05  # a distance of columns, in units of their range, that is a gap of a front
DEPTH = 0.2  # of a simplex, away from a corner, for a point that was asked for there to be a try
EDGE = 1e-9  # rounding of shares


def different(
    weights: Array, columns: Array, losses: Array | None = None
) -> tuple[Integers, Integers]:
    """Numbers of the points like none before them (D,); and for all K, to which of these it is.

    Points are alike if their weights are, or if they landed in the same place. Not so those that
    landed where one at the edge of all weights did: there the front may end, and whatever asks for
    more than it has gets its end. And with two objectives whose losses are known, rays tell all
    that a point in the same place would, so these stay.

    Args:
        weights: (K, m).
        columns: (K, c), each over its range.
        losses: (K, m), normalised, where they are known.
    """
    first = _first_alike(log_ratios(weights, TINY))
    if losses is not None and weights.shape[1] == 2:
        return np.unique(first, return_inverse=True)
    asked = np.unique(first)
    edge = np.zeros(len(weights), dtype=bool)
    edge[asked] = outer(ColumnModel(weights[asked], columns[asked]))
    landed = _first_alike(columns[asked])
    first[asked] = np.where(edge[asked[landed]], asked, asked[landed])
    numbers, same = np.unique(first[first], return_inverse=True)
    return numbers, same


def _first_alike(table: Array) -> Integers:
    """For each row (K,), the number of the first like it, which is like none before itself."""
    first = np.arange(len(table))
    for i in range(1, len(table)):
        others = np.unique(first[:i])
        distances = np.linalg.norm(table[others] - table[i], axis=1)
        if distances.min() <= ALIKE:
            first[i] = others[distances.argmin()]
    return first


def disconnected(model: ColumnModel, asked: Array, same: Integers) -> Mask:
    """In which simplices (S,) of a model the front is not connected.

    Its columns are far from each other, and it is `exhausted`. Or, with two objectives whose losses
    are known, a point at one end lies off the ray that was asked for, by a good part of what there
    is up to the other end: the rays between do not meet the front.
    """
    far = _longest(model.columns[model.simplices]) > FAR
    found = far & exhausted(model, asked, same)
    if model.losses is None or model.weights.shape[1] != 2:
        return found
    first, last = model.simplices.T
    ray, wanted = rays_of(model.losses)[:, 0], model.weights[:, 0]
    missed = np.maximum(wanted[first] - ray[first], ray[last] - wanted[last])
    found |= far & (missed >= DEPTH * np.abs(ray[last] - ray[first]))
    return found


def exhausted(model: ColumnModel, asked: Array, same: Integers) -> Mask:
    """Which simplices (S,) of a model are left alone: nothing more fits, or a try found nothing.

    A try is a point that was asked for well inside of a simplex. It found nothing if it landed on a
    corner. Where losses of two objectives are known, what lies between rays is left alone (see
    `between_rays`), and the rest until nothing more fits.

    Args:
        model: Through the points that are different.
        asked: Weights (K, m) of all points.
        same: (K,), which of the model's points each landed on, itself if it is one.
    """
    return _landed_on_corner(model, asked, same) | narrow(model)


def between_rays(model: ColumnModel, weights: Array) -> Mask:
    """Which weights (N, m) lie between what a point was asked for and where it landed.

    With two objectives, all that is asked for there lands where it did; with more, no weights do.
    """
    found = np.zeros(len(weights), dtype=bool)
    if model.losses is None or model.weights.shape[1] != 2:
        return found
    ray, wanted = rays_of(model.losses)[:, 0], model.weights[:, 0]
    low, high = np.minimum(ray, wanted) - EDGE, np.maximum(ray, wanted) + EDGE
    found |= ((weights[:, :1] >= low) & (weights[:, :1] <= high)).any(axis=1)
    return found


def _landed_on_corner(model: ColumnModel, asked: Array, same: Integers) -> Mask:
    shares = model.shares(asked)
    within = (shares.min(axis=2) > -EDGE) & (shares.max(axis=2) < 1 - DEPTH)
    corner = (model.simplices == same[:, None, None]).any(axis=2)
    found: Mask = (within & corner).any(axis=0)
    return found


def narrow(model: ColumnModel) -> Mask:
    """Which simplices (S,) have corners whose weights are about the same."""
    found: Mask = _longest(log_ratios(model.weights, TINY)[model.simplices]) < NARROW
    return found


def _longest(corners: Array) -> Array:
    """The longest edge (S,) of simplices (S, m, d)."""
    lengths = np.linalg.norm(corners[:, :, None] - corners[:, None], axis=3)
    longest: Array = lengths.max(axis=(1, 2), initial=0)
    return longest


def outer(model: ColumnModel) -> Mask:
    """Which of a model's points (D,) lie on a face that no two simplices share."""
    faces: Counter[tuple[int, ...]] = Counter()
    for simplex in model.simplices:
        faces.update(combinations(sorted(simplex.tolist()), len(simplex) - 1))
    outer = np.zeros(len(model.weights), dtype=bool)
    for face, simplices in faces.items():
        outer[list(face)] |= simplices == 1
    return outer
