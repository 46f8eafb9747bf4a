import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import isotonic_regression

from paretocli.errors import InputError
from paretocli.sparsity.growl import falling_regression, growl, shrunk_norms, theta
from tests.sparsity.convex import (
    convex_growl,
    distance_to_subgradients,
    minimum,
    plain_growl,
    plain_theta,
)

KINDS = ["flat", "spike", "linear", "ramp"]
SLOPES = [0.0, 1.0, 3.0]

kinds = st.sampled_from(KINDS)
slopes = st.floats(0, 5, allow_subnormal=False)
taus = st.floats(0, 20, allow_subnormal=False)
# Some numbers come often, so that norms tie and rows are zero.
lengths = st.sampled_from([0.0, 1.0, 2.5]) | st.floats(0, 50, allow_subnormal=False)
vectors = st.lists(lengths, min_size=1, max_size=12)
entries = st.sampled_from([0.0, 1.0]) | st.floats(-20, 20, allow_subnormal=False)
shapes = st.tuples(st.integers(1, 7), st.integers(1, 4))


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def shrink(norms, thresholds):
    return shrunk_norms(double(norms), double(thresholds)).numpy()


def row_prox(matrix, thresholds):
    """argmin_X ½‖X − W‖² + Ω(X) of a matrix (R, D)."""
    norms = np.linalg.norm(matrix, axis=1)
    scale = shrink(norms, thresholds) / np.where(norms > 0, norms, 1)
    return scale[:, None] * matrix


def matrices(seed):
    """Matrices (R, D) with all kinds of rows."""
    generator = np.random.default_rng(seed)
    for rows, width in [(1, 1), (1, 4), (6, 1), (9, 3), (15, 4)]:
        matrix = generator.normal(size=(rows, width)) * generator.uniform(0.2, 3, size=(rows, 1))
        if rows > 5:
            matrix[[1, 4]] = 0
            equal = [0, 2, rows - 1]
            matrix[equal] *= 1.3 / np.linalg.norm(matrix[equal], axis=1, keepdims=True)
        yield matrix


# θ


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", [*SLOPES, 0.3])
@pytest.mark.parametrize("rows", [1, 2, 5, 10, 37, 200])
def test_theta_by_its_definition(kind, slope, rows):
    found = theta(kind, rows, slope)
    assert found.shape == (rows,)
    np.testing.assert_allclose(found, plain_theta(kind, rows, slope), rtol=1e-5)


@given(kinds, st.integers(1, 300), slopes)
def test_theta_falls_and_has_mean_one(kind, rows, slope):
    found = theta(kind, rows, slope)
    assert (found[1:] <= found[:-1]).all()
    assert (found > 0).all()
    assert found.double().mean() == pytest.approx(1, rel=1e-5)
    falls = rows > 1 and kind != "flat"
    assert found[0] / found[-1] == pytest.approx(1 + slope if falls else 1, rel=1e-4)


def test_theta_by_hand():
    assert theta("flat", 3, 2.0).tolist() == [1, 1, 1]
    np.testing.assert_allclose(theta("spike", 4, 2.0), np.array([3, 1, 1, 1]) / 1.5)
    np.testing.assert_allclose(theta("linear", 3, 2.0), np.array([3, 2, 1]) / 2)
    expected = np.array([3, 2] + [1] * 18) / 1.15
    np.testing.assert_allclose(theta("ramp", 20, 2.0), expected, rtol=1e-6)


def test_an_unknown_theta():
    with pytest.raises(InputError, match=r"no theta named 'spikes'; did you mean 'spike'\?"):
        theta("spikes", 5, 1.0)


# Ω


@given(vectors, kinds, slopes)
def test_growl_by_its_definition(norms, kind, slope):
    weights = plain_theta(kind, len(norms), slope)
    expected = plain_growl(np.array(norms)[:, None], weights)
    assert growl(double(norms), double(weights)).item() == pytest.approx(expected, rel=1e-12)


def test_growl_of_many_at_once():
    norms = np.random.default_rng(0).uniform(size=(2, 3, 5))
    weights = plain_theta("linear", 5, 1.0)
    found = growl(double(norms), double(weights))
    expected = [[plain_growl(row[:, None], weights) for row in rows] for rows in norms]
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_itself(kind):
    for matrix in matrices(1):
        weights = plain_theta(kind, len(matrix), 2.0)
        found = convex_growl(matrix, weights).value
        assert found == pytest.approx(plain_growl(matrix, weights), rel=1e-9)


# The proximal operator


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", SLOPES)
def test_the_proximal_operator_by_a_general_solver(kind, slope):
    import cvxpy as cp

    taus = [0.02, 0.3, 0.9, 2.5]
    for number, matrix in enumerate(matrices(SLOPES.index(slope))):
        thresholds = taus[(number + KINDS.index(kind)) % 4] * plain_theta(kind, len(matrix), slope)
        found = row_prox(matrix, thresholds)
        place = cp.Variable(matrix.shape)
        least = minimum(0.5 * cp.sum_squares(place - matrix) + convex_growl(place, thresholds))
        value = 0.5 * ((found - matrix) ** 2).sum() + plain_growl(found, thresholds)
        assert value <= least + 1e-8
        np.testing.assert_allclose(found, place.value, atol=2e-5)


@settings(deadline=None)
@given(shapes.flatmap(lambda s: arrays(float, s, elements=entries)), kinds, slopes, taus)
def test_the_proximal_operator_by_its_optimality_conditions(matrix, kind, slope, tau):
    thresholds = (tau + 0.01) * plain_theta(kind, len(matrix), slope)
    found = row_prox(matrix, thresholds)
    assert distance_to_subgradients(found, matrix - found, thresholds, tied=1e-12) < 1e-9


@given(vectors, taus, kinds)
def test_without_slope_it_is_the_group_lassos_soft_threshold(norms, tau, kind):
    thresholds = tau * theta(kind, len(norms), 0.0).double().numpy()
    expected = np.maximum(np.array(norms) - tau, 0)
    np.testing.assert_allclose(shrink(norms, thresholds), expected, atol=1e-12)


def test_the_proximal_operator_by_hand():
    # The largest falls below the second, so both get their mean; the last is below its threshold.
    np.testing.assert_allclose(shrink([0.5, 4.0, 5.0], [3.0, 1.0, 1.0]), [0, 2.5, 2.5])
    np.testing.assert_allclose(shrink([5.0, 0.5, 9.0], [3.0, 1.0, 1.0]), [4, 0, 6])
    np.testing.assert_allclose(shrink([2.0, 2.0, 2.0], [3.0, 1.0, 0.5]), [0.5, 0.5, 0.5])
    np.testing.assert_allclose(shrink([1.0, 0.0], [5.0, 0.1]), [0, 0])
    np.testing.assert_allclose(shrink([0.7], [0.2]), [0.5])


@given(vectors, kinds, slopes, taus)
def test_norms_shrink_and_keep_their_order(norms, kind, slope, tau):
    found = shrink(norms, tau * plain_theta(kind, len(norms), slope))
    assert (found >= 0).all()
    assert (found <= np.array(norms) + 1e-12).all()
    assert (np.diff(found[np.argsort(norms)]) >= 0).all()


@given(vectors, kinds, slopes, taus)
def test_zero_stays_zero_and_equal_stays_equal(norms, kind, slope, tau):
    found = shrink(norms, tau * plain_theta(kind, len(norms), slope))
    assert (found[np.array(norms) == 0] == 0).all()
    for norm in set(norms):
        assert len(set(found[np.array(norms) == norm])) == 1


@given(vectors, kinds, slopes, taus, st.randoms())
def test_permutation(norms, kind, slope, tau, random):
    order = list(range(len(norms)))
    random.shuffle(order)
    thresholds = tau * plain_theta(kind, len(norms), slope)
    np.testing.assert_allclose(
        shrink([norms[i] for i in order], thresholds), shrink(norms, thresholds)[order], atol=1e-12
    )


@settings(deadline=None)
@given(
    shapes.flatmap(lambda s: st.tuples(*[arrays(float, s, elements=entries)] * 2)),
    kinds,
    slopes,
    taus,
)
def test_two_matrices_come_no_further_apart(pair, kind, slope, tau):
    one, other = pair
    thresholds = tau * plain_theta(kind, len(one), slope)
    after = np.linalg.norm(row_prox(one, thresholds) - row_prox(other, thresholds))
    assert after <= np.linalg.norm(one - other) * (1 + 1e-12) + 1e-12


@given(
    st.integers(1, 9).flatmap(
        lambda rows: st.lists(st.lists(lengths, min_size=rows, max_size=rows), min_size=1)
    ),
    kinds,
    slopes,
    taus,
)
def test_each_member_alone(batch, kind, slope, tau):
    thresholds = tau * plain_theta(kind, len(batch[0]), slope)
    alone = [shrink(norms, thresholds) for norms in batch]
    np.testing.assert_array_equal(shrink(batch, thresholds), np.stack(alone))


def test_each_member_by_thresholds_of_its_own():
    norms = np.random.default_rng(0).uniform(size=(2, 3, 6))
    thresholds = np.array([0.1, 0.5, 0.9])[:, None] * plain_theta("linear", 6, 2.0)
    found = shrink(norms, thresholds)
    for i in range(2):
        for k in range(3):
            np.testing.assert_array_equal(found[i, k], shrink(norms[i, k], thresholds[k]))


def test_a_diverged_member_spoils_no_other():
    norms = [[1.0, float("nan"), 3.0], [1.0, 2.0, 3.0], [float("inf"), 1.0, 1.0]]
    thresholds = [1.5, 0.5, 0.5]
    np.testing.assert_array_equal(shrink(norms, thresholds)[1], shrink(norms[1], thresholds))


def test_neither_norms_nor_thresholds_change():
    norms, thresholds = double([1.0, 3.0, 2.9]), double([2.0, 1.0, 1.0])
    shrunk_norms(norms, thresholds)
    assert norms.tolist() == [1.0, 3.0, 2.9]
    assert thresholds.tolist() == [2.0, 1.0, 1.0]


# Falling regression


@given(st.lists(st.sampled_from([0.0, 1.0]) | st.floats(-50, 50), min_size=1, max_size=30))
def test_falling_regression_by_scipy(values):
    expected = isotonic_regression(values, increasing=False).x
    np.testing.assert_allclose(falling_regression(double(values)), expected, atol=1e-11)


@pytest.mark.parametrize("rows", [1, 2, 50, 1000])
def test_many_falling_regressions_row_by_row(rows):
    generator = np.random.default_rng(rows)
    walks = generator.normal(size=(6, rows)).cumsum(axis=1)
    values = np.concatenate(
        [walks, np.sort(walks), -np.sort(-walks), generator.normal(size=(6, rows))]
    )
    found = falling_regression(double(values)).numpy()
    for row, fitted in zip(values, found, strict=True):
        np.testing.assert_allclose(fitted, isotonic_regression(row, increasing=False).x, atol=1e-10)
        np.testing.assert_array_equal(fitted, falling_regression(double(row)))


@given(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=30))
def test_what_falls_already_stays(values):
    falling = torch.tensor(sorted(values, reverse=True))
    assert torch.equal(falling_regression(falling), falling)
    once = falling_regression(torch.tensor(values))
    assert (once[1:] <= once[:-1]).all()
    assert torch.equal(falling_regression(once), once)
