"""Exact minimisers of the modified weighted Chebyshev problem for the analytic problems.

Written apart from the package: each problem's front is described by its own formula here, and
max_i g_i with g_i = w_i (u_i + ε Σ_j u_j) is minimised along it by root finding. u = f − ideal; the
ideal is 0 but for `zdt3`.
"""

import functools
from collections.abc import Callable
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize, minimize_scalar

Array = npt.NDArray[np.float64]


def terms(objectives: Array, weights: Array, epsilon: float) -> Array:
    """g (…, m) from objectives (…, m)."""
    return weights * (objectives + epsilon * objectives.sum(axis=-1, keepdims=True))


def _vlmop2(place: float) -> Array:
    # All n variables equal c; with place = √n·c the dimension drops out.
    return np.array([-np.expm1(-((place - 1) ** 2)), -np.expm1(-((place + 1) ** 2))])


def _zdt1(place: float) -> Array:
    return np.array([place, 1 - np.sqrt(place)])


def _zdt2(place: float) -> Array:
    return np.array([place, 1 - place**2])


def _zdt3(place: float) -> Array:
    return np.array([place, 1 - np.sqrt(place) - place * np.sin(10 * np.pi * place)])


@functools.cache
def zdt3_parts() -> list[tuple[float, float]]:
    """Where x_1 lies on the front: from where f_2 is as low as before, up to its minimum."""
    parts = []
    lowest = np.inf
    for k in range(5):
        within = (0.2 * k + 0.04, 0.2 * k + 0.12)
        end = minimize_scalar(
            lambda x: _zdt3(x)[1], bounds=within, method="bounded", options={"xatol": 1e-12}
        )
        before = 0.2 * k - 0.05
        start = brentq(lambda x, low=lowest: _zdt3(x)[1] - low, before, end.x) if k else 0.0
        parts.append((start, float(end.x)))
        lowest = float(end.fun)
    return parts


CURVES: dict[str, tuple[Callable[[float], Array], float, float]] = {
    "vlmop2": (_vlmop2, -1.0, 1.0),
    "zdt1": (_zdt1, 0.0, 1.0),
    "zdt2": (_zdt2, 0.0, 1.0),
}


def _on_curve(
    front: Callable[[float], Array], low: float, high: float, w: Array, e: float
) -> Array:
    """The minimum of max(g_1, g_2) along a curve: where they cross, or where one has its own."""

    def g(place: float) -> Array:
        return terms(front(place), w, e)

    def difference(place: float) -> float:
        return float(g(place)[0] - g(place)[1])

    places = [low, high]
    if difference(low) * difference(high) < 0:
        places.append(brentq(difference, low, high, xtol=1e-14))
    for i in range(2):
        one = minimize_scalar(
            lambda place, i=i: g(place)[i],
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-12},
        )
        places.append(float(one.x))
    return front(min(places, key=lambda place: g(place).max()))


def _on_sphere(w: Array, e: float) -> Array:
    """The minimum of max_i g_i on the unit sphere's octant.

    Where it lies, some objectives are zero and all others' terms equal t. For each choice of the
    others, f = t·(1/w − e·Σ(1/w) / (1 + e·count)), and ‖f‖ = 1 gives t.
    """
    best: tuple[float, Array] | None = None
    count = len(w)
    for size in range(1, count + 1):
        for support in combinations(range(count), size):
            chosen = list(support)
            inverse = 1 / w[chosen]
            ray = inverse - e * inverse.sum() / (1 + e * size)
            if (ray < 0).any():
                continue
            point = np.zeros(count)
            point[chosen] = ray / np.linalg.norm(ray)
            value = float(terms(point, w, e).max())
            if best is None or value < best[0]:
                best = (value, point)
    assert best is not None
    return best[1]


def _on_inverted_sphere(w: Array, e: float) -> Array:
    """The minimum of max_i g_i over f = 1 − s, s in the unit ball's octant: a convex question."""
    count = len(w)
    start = np.full(count, 1 / np.sqrt(count))
    found = minimize(
        lambda z: z[-1],
        np.append(start, terms(1 - start, w, e).max()),
        constraints=[
            {"type": "ineq", "fun": lambda z: z[-1] - terms(1 - z[:-1], w, e)},
            {"type": "ineq", "fun": lambda z: 1 - z[:-1] @ z[:-1]},
        ],
        bounds=[(0, 1)] * count + [(None, None)],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success, found.message
    return 1 - found.x[:-1]


def _in_parts(w: Array, e: float) -> Array:
    parts = zdt3_parts()
    ideal = np.array([0.0, _zdt3(parts[-1][1])[1]])
    best = [_on_curve(lambda x: _zdt3(x) - ideal, low, high, w, e) for low, high in parts]
    return min(best, key=lambda point: terms(point, w, e).max()) + ideal


def exact_front_point(problem: str, weights: npt.ArrayLike, epsilon: float) -> Array:
    """Objectives (m,) of the exact Chebyshev solution of `problem` for one weights vector (m,)."""
    w = np.asarray(weights, dtype=np.float64)
    if problem in SURFACES:
        return SURFACES[problem](w, epsilon)
    front, low, high = CURVES[problem]
    return _on_curve(front, low, high, w, epsilon)


SURFACES: dict[str, Callable[[Array, float], Array]] = {
    "dtlz2": _on_sphere,
    "dtlz2_5": _on_sphere,
    "idtlz2": _on_inverted_sphere,
    "zdt3": _in_parts,
}


def exact_points(problem: str, weights: npt.ArrayLike, epsilon: float) -> Array:
    """Objectives (K, m) of the exact Chebyshev solutions for weights (K, m)."""
    rows = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    return np.stack([exact_front_point(problem, row, epsilon) for row in rows])
