"""The losses at which weights land, from where others did.

The minimiser of the Chebyshev scalarization lies where the ray u_i ∝ 1/w_i meets the front (Steuer
and Choo, Mathematical Programming 26, 1983). So the direction is known, and how far along the ray,
Σ u_i, varies little from one ray to the next.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

START = 1.0  # of a normalised loss: at the start of training
TINY = 1e-9  # in place of a weight or loss of zero
OFF = 5e-3  # a difference of weights by which a point lies off the ray that was asked for
DIGITS = 6  # after the point; places as close are one


def landing(weights: Array, losses: Array, at: Array) -> Array:
    """Where weights are expected to land, from where finished points did.

    Along the ray, but in no objective beyond what the points have, or had at the start: weights
    that ask for more of one objective than the front can give land on the front's edge.

    A point off its ray tells two things: where it landed, and that nothing of the front lies on the
    ray that was asked for below its Chebyshev value.

    Args:
        weights: (K, m) of the points, rows of sum 1.
        losses: (K, m), normalised, u = (f − ideal) / scale ≥ 0.
        at: Weights (N, m).

    Returns:
        Normalised losses (N, m).
    """
    worst = np.maximum(losses.max(axis=0), START)
    given, wanted = np.maximum(weights, TINY), np.maximum(at, TINY)
    on_rays = (given * losses).max(axis=1, keepdims=True) / given
    rays = rays_of(losses)
    off = np.abs(rays - weights).max(axis=1) > OFF
    sums = np.append(on_rays.sum(axis=1), losses[off].sum(axis=1))
    places = np.vstack([places_of(weights), places_of(rays[off])])
    logs = interpolated(places, np.log(np.maximum(sums, TINY))[:, None], places_of(at))
    inverse = 1 / wanted
    landed = np.exp(logs) * inverse / inverse.sum(axis=1, keepdims=True)
    found: Array = np.minimum(landed, worst)
    return found


def rays_of(losses: Array) -> Array:
    """The weights (K, m), of sum 1, on whose rays losses (K, m) lie: w_i ∝ 1/u_i."""
    inverse = 1 / np.maximum(losses, TINY)
    rays: Array = inverse / inverse.sum(axis=1, keepdims=True)
    return rays


def places_of(weights: Array) -> Array:
    """Points (N, m) seen along (1, …, 1): orthonormal coordinates (N, m − 1) of what is left.

    Places of weights are weights themselves, not their logarithms: with two objectives a point on
    its ray has u_0 / (u_0 + u_1) = w_1, so equal steps of weights are about equal steps along a
    front, whereas those of logarithms crowd at its ends.
    """
    objectives = weights.shape[-1]
    rows = np.tril(np.ones((objectives - 1, objectives)))
    rows[np.arange(objectives - 1), np.arange(1, objectives)] = -np.arange(1, objectives)
    places: Array = weights @ (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T
    return places


def interpolated(known: Array, values: Array, at: Array) -> Array:
    """Values (N, c) at places (N, d), from values (K, c) at known places (K, d).

    In one dimension monotone where the points are: the cubic of Fritsch and Carlson, SIAM Journal
    on Numerical Analysis 17 (1980), which makes no wave where a front jumps; beyond the last place,
    its values. In more, the thin-plate spline (Duchon, 1977).
    """
    _, first = np.unique(known.round(DIGITS), axis=0, return_index=True)
    known, values = known[first], values[first]
    if at.shape[1] == 1 and len(known) > 1:
        from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 - slow to import

        order = known[:, 0].argsort()
        line = known[order, 0]
        found: Array = PchipInterpolator(line, values[order])(at[:, 0].clip(line[0], line[-1]))
        return found
    if np.linalg.matrix_rank(known - known[0], tol=10.0**-DIGITS) < at.shape[1]:
        # In a line, or too few: nothing says how the values vary across it.
        distances = np.linalg.norm(at[:, None] - known, axis=2)
        found = values[distances.argmin(axis=1)]
        return found
    from scipy.interpolate import RBFInterpolator  # noqa: PLC0415 - slow to import

    found = RBFInterpolator(known, values, kernel="thin_plate_spline", degree=1)(at)
    return found
