"""Columns predicted from weights, and where weights land."""

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.planning.column_model import ColumnModel
from paretocli.planning.landing import landing, rays_of
from paretocli.planning.preferences import floored, simplex_lattice
from tests.exact import exact_points

EPSILON = 1e-6


def points(problem, objectives, divisions):
    weights = floored(simplex_lattice(objectives, divisions), 0.01)
    return weights, exact_points(problem, weights, EPSILON)


@pytest.mark.parametrize(("problem", "objectives"), [("vlmop2", 2), ("dtlz2", 3)])
@pytest.mark.parametrize("known", [True, False])
def test_exact_at_the_points(problem, objectives, known):
    weights, losses = points(problem, objectives, 4)
    model = ColumnModel(weights, losses, losses if known else None)
    np.testing.assert_allclose(model.predict(weights), losses, atol=2e-3)


@pytest.mark.parametrize(
    ("problem", "objectives", "divisions", "error"),
    [("vlmop2", 2, 6, 0.001), ("zdt1", 2, 6, 0.001), ("dtlz2", 3, 6, 0.01)],
)
def test_losses_say_better_where_weights_land(problem, objectives, divisions, error):
    weights, losses = points(problem, objectives, divisions)
    between = np.random.default_rng(0).dirichlet(np.full(objectives, 2.0), 100)
    between = floored(between, 0.02)
    true = exact_points(problem, between, EPSILON)
    known = np.abs(ColumnModel(weights, losses, losses).predict(between) - true).mean()
    unknown = np.abs(ColumnModel(weights, losses).predict(between) - true).mean()
    assert known < error
    assert known < 0.8 * unknown


def test_no_wave_where_columns_jump():
    weights = np.array([[1 - w, w] for w in np.linspace(0.05, 0.95, 8)])
    columns = (weights[:, :1] > 0.5).astype(float)
    there = np.array([[1 - w, w] for w in np.linspace(0, 1, 200)])
    predicted = ColumnModel(weights, columns).predict(there)[:, 0]
    assert predicted.min() >= 0
    assert predicted.max() <= 1
    assert (np.diff(predicted) <= 1e-12).all()


def test_weights_that_ask_for_too_much_land_on_the_edge():
    weights = np.array([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.01, 0.01, 0.98], [1 / 3] * 3])
    losses = np.array([[0.01, 0.9, 0.9], [0.9, 0.01, 0.9], [0.9, 0.9, 0.01], [0.42] * 3])
    landed = landing(weights, losses, np.array([[0.499, 0.499, 0.002], [0.4, 0.35, 0.25]]))
    # What it was at the start, not the 250 times of the others.
    np.testing.assert_allclose(landed[0], [landed[0, 0], landed[0, 0], 1])
    assert landed[0, 0] < 0.1
    # The other lies on its ray.
    np.testing.assert_allclose(rays_of(landed[1:])[0], [0.4, 0.35, 0.25])


def test_a_point_off_its_ray_says_what_is_beyond_it():
    # The second asked for equal losses, landed at (0.2, 0.6): nothing lies below 0.6 there.
    weights = np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]])
    losses = np.array([[0.1, 0.9], [0.2, 0.6], [0.9, 0.1]])
    landed = landing(weights, losses, np.array([[0.5, 0.5], [0.75, 0.25]]))
    np.testing.assert_allclose(landed, [[0.6, 0.6], [0.2, 0.6]], atol=1e-9)


def test_leaving_one_out():
    weights, losses = points("vlmop2", 2, 10)
    errors = ColumnModel(weights, losses, losses).leave_one_out()
    assert errors.shape == losses.shape
    assert np.abs(errors[2:-2]).max() < 0.02
    # An end is predicted as the point beside it.
    assert np.abs(errors[0]).max() > 0.05
    one = ColumnModel(weights[:1], losses[:1])
    assert np.isnan(one.leave_one_out()).all()
    np.testing.assert_array_equal(one.predict(weights[3]), losses[:1])


def test_simplices():
    weights = np.array([[0.5, 0.5], [0.9, 0.1], [0.1, 0.9]])
    model = ColumnModel(weights, np.zeros((3, 1)))
    assert {frozenset(pair) for pair in model.simplices.tolist()} == {
        frozenset((0, 1)),
        frozenset((0, 2)),
    }
    middle = model.shares(np.array([[0.7, 0.3]]))[0]
    inside = (middle >= -1e-12).all(axis=1)
    assert inside.sum() == 1
    np.testing.assert_allclose(middle[inside][0], 0.5)


@pytest.mark.parametrize("rows", [0, 2])
def test_rows_that_do_not_fit_are_refused(rows):
    with pytest.raises(InputError, match="row"):
        ColumnModel(np.full((rows, 2), 0.5), np.zeros((rows // 2, 1)))


def test_between_points_nothing_is_beyond_them():
    """A smooth surface through points that scatter overshoots them."""
    weights = simplex_lattice(3, 3)
    columns = np.where(np.arange(len(weights)) == 5, 1.0, 0.0)[:, None]
    plain = ColumnModel(weights, columns)
    there = simplex_lattice(3, 30)
    assert plain.predict(there).min() < -0.01, "nothing overshoots: nothing is tried"
    found = plain.between(there)[:, 0]
    assert found.min() >= -1e-12
    assert found.max() == pytest.approx(1)
    # Half-way between the one and any other of its neighbours.
    assert plain.between((weights[5] + weights[4])[None] / 2) == pytest.approx(0.5)
    assert (plain.between(weights) == columns).all()
    # Beyond them neither.
    assert plain.between(np.array([[1.2, -0.1, -0.1], [-0.2, 0.5, 0.7]])).tolist() == [[0], [0]]
