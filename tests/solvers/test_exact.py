"""The oracle itself, against a general solver in the full variable space."""

import numpy as np
import pytest
from scipy.optimize import minimize

from tests.exact import exact_front_point, exact_points, terms

EPSILON = 1e-4
VARIABLES = 10
OFFSET = 1 / np.sqrt(VARIABLES)


def vlmop2(x):
    return np.array(
        [1 - np.exp(-((x - OFFSET) ** 2).sum()), 1 - np.exp(-((x + OFFSET) ** 2).sum())]
    )


def epigraph(function, start, weights, bounds=None):
    """Minimise t subject to g_i ≤ t by SLSQP; returns the objectives."""
    first = np.append(start, terms(function(start), weights, EPSILON).max())
    found = minimize(
        lambda z: z[-1],
        first,
        constraints={
            "type": "ineq",
            "fun": lambda z: z[-1] - terms(function(z[:-1]), weights, EPSILON),
        },
        bounds=bounds,
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert found.success, found.message
    return function(found.x[:-1])


@pytest.mark.parametrize("first", [0.02, 0.2, 0.5, 0.7, 0.95])
def test_vlmop2_against_slsqp_in_all_variables(first):
    weights = np.array([first, 1 - first])
    start = np.random.default_rng(3).uniform(-0.2, 0.2, VARIABLES)
    np.testing.assert_allclose(
        exact_front_point("vlmop2", weights, EPSILON),
        epigraph(vlmop2, start, weights),
        atol=1e-4,
    )


@pytest.mark.parametrize("weights", [(0.2, 0.3, 0.5), (1 / 3, 1 / 3, 1 / 3), (0.7, 0.25, 0.05)])
def test_dtlz2_against_slsqp_on_the_sphere(weights):
    def sphere(x):
        a, b = x * np.pi / 2
        return np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])

    w = np.array(weights)
    np.testing.assert_allclose(
        exact_front_point("dtlz2", w, EPSILON),
        epigraph(sphere, np.array([0.4, 0.5]), w, [(0, 1), (0, 1), (None, None)]),
        atol=1e-4,
    )


@pytest.mark.parametrize("problem", ["vlmop2", "zdt1", "zdt2", "dtlz2", "idtlz2"])
def test_no_point_of_a_fine_grid_on_the_front_is_better(problem):
    rng = np.random.default_rng(0)
    if problem in ("dtlz2", "idtlz2"):
        front = np.abs(rng.normal(size=(20_000, 3)))
        front /= np.linalg.norm(front, axis=1, keepdims=True)
        front = 1 - front if problem == "idtlz2" else front
    else:
        t = np.linspace(0, 1, 20_001)
        front = {
            "vlmop2": np.stack(
                [1 - np.exp(-((2 * t - 2) ** 2)), 1 - np.exp(-((2 * t) ** 2))], axis=1
            ),
            "zdt1": np.stack([t, 1 - np.sqrt(t)], axis=1),
            "zdt2": np.stack([t, 1 - t**2], axis=1),
        }[problem]
    weights = rng.dirichlet(np.ones(front.shape[1]), size=20)
    for row, point in zip(weights, exact_points(problem, weights, 0.01), strict=True):
        value = terms(point, row, 0.01).max()
        assert value <= terms(front, row, 0.01).max(axis=1).min() + 1e-9


def test_no_point_of_a_fine_grid_of_all_of_zdt3_is_better():
    """Those between the parts of the front are in the grid, too."""
    t = np.linspace(0, 1, 200_001)
    ideal = np.array([0, -0.7733690123])
    grid = np.stack([t, 1 - np.sqrt(t) - t * np.sin(10 * np.pi * t)], axis=1) - ideal
    weights = np.stack([t[1::10_000], 1 - t[1::10_000]], axis=1)
    for row, point in zip(weights, exact_points("zdt3", weights, 0.01), strict=True):
        value = terms(point - ideal, row, 0.01).max()
        best = terms(grid, row, 0.01).max(axis=1).min()
        assert best - 1e-4 <= value <= best + 1e-9
