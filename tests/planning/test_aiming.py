"""Weights for wishes, held against exact solutions."""

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.planning.aiming import weights_for, weights_for_bounds
from paretocli.planning.column_model import ColumnModel
from paretocli.problems.known_fronts import KNOWN_FRONTS
from tests.exact import exact_front_point, exact_points

EPSILON = 1e-4


@pytest.mark.parametrize("problem", ["vlmop2", "zdt2"])
@pytest.mark.parametrize("place", [0.2, 0.45, 0.8])
@pytest.mark.parametrize("factor", [0.6, 1.0, 1.3])
def test_a_wish_is_met_as_well_as_by_any_point_of_the_front(problem, place, factor):
    front = KNOWN_FRONTS[problem].sample(20_000)
    wish = factor * front[int(place * len(front))]
    landed = exact_front_point(problem, weights_for(wish, EPSILON), EPSILON)
    achievement = (landed / wish).max()
    # The sample's own distance from the best point is what it may be better by.
    assert achievement == pytest.approx((front / wish).max(axis=1).min(), abs=1e-3)
    # On the ray: missed or beaten by the same factor in both.
    np.testing.assert_allclose(landed / wish, 1 / factor, rtol=1e-3)


def test_epsilon_is_reckoned_with():
    wish = np.array([0.2, 0.5])
    weights = weights_for(wish, 0.1)
    terms = weights * (wish + 0.1 * wish.sum())
    assert terms[0] == pytest.approx(terms[1])
    np.testing.assert_allclose(weights_for(wish), [5 / 7, 2 / 7])


def test_three_objectives():
    wish = np.array([0.3, 0.4, 0.8])
    landed = exact_front_point("dtlz2", weights_for(wish, EPSILON), EPSILON)
    np.testing.assert_allclose(landed / landed.sum(), wish / wish.sum(), rtol=1e-3)


@pytest.mark.parametrize("bound", [0.15, 0.37, 0.8])
def test_aiming_again_corrects_by_what_was_reached(bound):
    weights = np.array([[0.99, 0.01], [0.6, 0.4], [0.01, 0.99]])

    def columns(rows):
        # A size on a logarithmic axis, which losses do not follow linearly, and a loss.
        losses = exact_points("vlmop2", rows, EPSILON)
        return np.stack([losses[:, 0], np.log10(0.01 + losses[:, 1])], axis=1)

    for _ in range(7):
        aim = weights_for_bounds(ColumnModel(weights, columns(weights)), [bound, np.inf])
        reached = columns(aim.weights[None])[0]
        weights = np.unique(np.vstack([weights, aim.weights]).round(12), axis=0)
    # As small as the bound lets the other be, and that is where it is met exactly.
    assert reached[0] == pytest.approx(bound, abs=2e-3)
    assert aim.missed <= 1e-3
    np.testing.assert_allclose(aim.columns, reached, atol=2e-3)


def test_bounds_out_of_reach_are_missed_by_little():
    weights = np.array([[1 - w, w] for w in np.linspace(0.01, 0.99, 15)])
    losses = exact_points("vlmop2", weights, EPSILON)
    aim = weights_for_bounds(ColumnModel(weights, losses), [0.5, 0.5])
    np.testing.assert_allclose(aim.weights, 0.5, atol=0.01)
    assert aim.missed == pytest.approx(1 - np.exp(-1) - 0.5, abs=2e-3)
    np.testing.assert_allclose(aim.columns, 1 - np.exp(-1), atol=2e-3)


def test_bounds_in_three_objectives():
    weights = np.array(
        [[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9], [0.34, 0.33, 0.33]]
    )
    for _ in range(6):
        losses = exact_points("dtlz2", weights, EPSILON)
        model = ColumnModel(weights, losses, losses)
        aim = weights_for_bounds(model, [0.5, 0.5, np.inf])
        weights = np.vstack([weights, aim.weights])
    reached = exact_points("dtlz2", aim.weights, EPSILON)[0]
    # The best third objective is √(1 − 0.5² − 0.5²).
    np.testing.assert_allclose(reached, [0.5, 0.5, np.sqrt(0.5)], atol=0.02)


def test_with_too_few_points_to_span_anything_the_best_of_them():
    weights = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    aim = weights_for_bounds(ColumnModel(weights, np.array([[0.9], [0.4]])), [0.5])
    np.testing.assert_array_equal(aim.weights, weights[1])
    assert aim.missed == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("reference", "epsilon"),
    [([0.0, 1.0], 0), ([-0.1, 1], 0), ([0.1, np.inf], 0), ([0.5], 0), ([0.5, 0.5], -1)],
)
def test_references_that_mean_nothing_are_refused(reference, epsilon):
    with pytest.raises(InputError):
        weights_for(reference, epsilon)


@pytest.mark.parametrize("bounds", [[0.5], [np.inf, np.inf], [np.nan, 0.5]])
def test_bounds_that_mean_nothing_are_refused(bounds):
    model = ColumnModel(np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([[0.0, 1.0], [1.0, 0.0]]))
    with pytest.raises(InputError):
        weights_for_bounds(model, bounds)
