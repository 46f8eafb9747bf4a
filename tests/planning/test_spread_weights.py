"""Weights spread over the simplex."""

import numpy as np
import pytest

from paretocli.planning.preferences import simplex_lattice
from paretocli.planning.spread_weights import spread_weights


def smallest_distance(weights):
    distances = np.linalg.norm(weights[:, None] - weights[None], axis=2)
    return distances[~np.eye(len(weights), dtype=bool)].min()


@pytest.mark.parametrize(("objectives", "points"), [(3, 8), (3, 2), (6, 40), (15, 20), (40, 25)])
def test_as_many_as_asked_for_on_the_simplex(objectives, points):
    weights = spread_weights(objectives, points)
    assert weights.shape == (points, objectives)
    assert (weights > 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-12)
    assert len(np.unique(weights.round(9), axis=0)) == points
    # No corner: no weight leaves the others nothing.
    assert weights.max() < 0.9999


def test_the_same_ones_each_time_the_centre_first():
    weights = spread_weights(5, 30)
    np.testing.assert_array_equal(weights, spread_weights(5, 30))
    np.testing.assert_allclose(weights[0], 0.2)
    # Greedy: fewer points are the first ones, as long as the candidates are the same.
    np.testing.assert_array_equal(weights[:12], spread_weights(5, 12))


@pytest.mark.parametrize(("objectives", "points"), [(3, 12), (6, 40), (15, 20)])
def test_farther_apart_than_random_ones(objectives, points):
    rng = np.random.default_rng(0)
    random = [
        smallest_distance(rng.dirichlet(np.ones(objectives), size=points)) for _ in range(200)
    ]
    assert smallest_distance(spread_weights(objectives, points)) > max(random)


def test_nearly_as_far_apart_as_a_lattice():
    lattice = smallest_distance(simplex_lattice(3, 4))
    assert smallest_distance(spread_weights(3, 15)) > 0.6 * lattice


def test_no_objective_is_preferred():
    means = spread_weights(14, 200).mean(axis=0)
    np.testing.assert_allclose(means, 1 / 14, atol=0.02)
