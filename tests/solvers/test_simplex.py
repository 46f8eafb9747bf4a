from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from paretocli.solvers.simplex import project_onto_simplex

numbers = st.floats(-50, 50, allow_subnormal=False)
vectors = st.lists(numbers, min_size=1, max_size=7)


def project(values):
    return project_onto_simplex(torch.tensor(values, dtype=torch.float64)).numpy()


def closest_by_supports(values):
    """The closest point of the simplex, among the closest of each of its faces."""
    v = np.array(values)
    candidates = []
    for size in range(1, len(v) + 1):
        for support in combinations(range(len(v)), size):
            chosen = list(support)
            point = np.zeros(len(v))
            point[chosen] = v[chosen] - (v[chosen].sum() - 1) / size
            if (point >= -1e-12).all():
                candidates.append(point)
    return min(candidates, key=lambda point: ((point - v) ** 2).sum())


@given(vectors)
def test_on_the_simplex(values):
    found = project(values)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1, abs=1e-12)


@given(vectors)
def test_closest_of_all(values):
    np.testing.assert_allclose(project(values), closest_by_supports(values), atol=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_closest_by_a_general_solver(seed):
    v = np.random.default_rng(seed).normal(size=5)
    found = minimize(
        lambda x: ((x - v) ** 2).sum(),
        np.full(5, 0.2),
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda x: x.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14},
    )
    np.testing.assert_allclose(project(v.tolist()), found.x, atol=1e-6)


@given(vectors, st.randoms())
def test_permutation(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    np.testing.assert_allclose(
        project([values[i] for i in order]), project(values)[order], atol=1e-12
    )


@given(vectors, numbers)
def test_a_constant_changes_nothing(values, constant):
    np.testing.assert_allclose(project([v + constant for v in values]), project(values), atol=1e-12)


@given(vectors)
def test_a_projection_stays(values):
    once = project(values)
    np.testing.assert_allclose(project(once.tolist()), once, atol=1e-12)


@given(st.lists(st.lists(numbers, min_size=4, max_size=4), min_size=1, max_size=5))
def test_each_row_alone(rows):
    np.testing.assert_array_equal(project(rows), np.stack([project(row) for row in rows]))


def test_by_hand():
    np.testing.assert_allclose(project([1.5, 1.0]), [0.75, 0.25])
    np.testing.assert_allclose(project([10.5, 5.5]), [1, 0])
    np.testing.assert_allclose(project([-3.0]), [1])
    np.testing.assert_allclose(project([0.0, 0.0, 0.0, 0.0]), [0.25] * 4)
    np.testing.assert_allclose(project([0.5, 0.4, -9.0]), [0.55, 0.45, 0], atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1] * 10, [0.1] * 10),
        ([1.0, 1.0 + 1e-7, 1.0 - 1e-7], [1 / 3] * 3),
        ([1e8, 1e8, 1e8], [1 / 3] * 3),
        ([1e30, -1e30, 0.0], [1, 0, 0]),
        ([-1e30, -1e30], [0.5, 0.5]),
        ([1e-30, 0.0, -1e-30], [1 / 3] * 3),
        ([65536.5, 65536.0], [0.75, 0.25]),
    ],
)
def test_near_equal_and_large_numbers(values, expected, dtype):
    found = project_onto_simplex(torch.tensor(values, dtype=dtype))
    assert (found >= 0).all()
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)


def test_a_bad_row_spoils_no_other():
    rows = torch.tensor([[float("nan"), 1.0], [0.2, 0.4], [float("inf"), 0.0]])
    found = project_onto_simplex(rows)
    np.testing.assert_allclose(found[1].numpy(), [0.4, 0.6], atol=1e-7)
