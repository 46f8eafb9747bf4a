import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from paretocli.solvers.chebyshev import Scalarization

sizes = st.floats(0.01, 100)
rows = st.lists(st.floats(-10, 10), min_size=3, max_size=3)


def scalarization(weights, ideal, scale, epsilon=0.1):
    made = [torch.tensor(x, dtype=torch.float64) for x in (weights, ideal, scale)]
    return Scalarization(*made, epsilon)


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def test_by_hand():
    s = scalarization([[0.25, 0.75], [0.5, 0.5]], [1.0, 0.0], [2.0, 4.0])
    f = double([[3.0, 2.0], [5.0, 8.0]])
    # u = (1, 0.5) and (2, 2); Σu = 1.5 and 4.
    np.testing.assert_allclose(s.normalised(f), [[1, 0.5], [2, 2]])
    expected = [[0.25 * 1.15, 0.75 * 0.65], [0.5 * 2.4, 0.5 * 2.4]]
    np.testing.assert_allclose(s.terms(f), expected)
    np.testing.assert_allclose(s.value(f), [0.75 * 0.65, 1.2])


def test_a_zero_weight_drops_its_term_alone():
    s = scalarization([[0.0, 1.0]], [0.0, 0.0], [1.0, 1.0])
    np.testing.assert_allclose(s.terms(double([[5.0, 2.0]])), [[0, 2.7]])


@given(rows, st.lists(sizes, min_size=3, max_size=3), sizes)
def test_units_do_not_matter(values, scale, factor):
    weights, ideal = [[0.2, 0.3, 0.5]], [0.5, -1.0, 0.0]
    plain = scalarization(weights, ideal, scale).terms(double([values]))
    # The second objective, its ideal and its scale in another unit.
    changed = scalarization(
        weights,
        [ideal[0], ideal[1] * factor, ideal[2]],
        [scale[0], scale[1] * factor, scale[2]],
    ).terms(double([[values[0], values[1] * factor, values[2]]]))
    np.testing.assert_allclose(changed, plain, rtol=1e-9, atol=1e-9)


@given(rows, rows)
def test_better_in_all_is_better(values, steps):
    s = scalarization([[0.2, 0.3, 0.5]], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0])
    better = double([values]) - double([steps]).abs()
    assert s.value(better) <= s.value(double([values])) + 1e-12


@pytest.mark.parametrize("objectives", [2, 3, 5])
def test_jacobian_against_autograd(objectives):
    rng = np.random.default_rng(objectives)
    weights = rng.dirichlet(np.ones(objectives), size=4)
    s = scalarization(weights, rng.normal(size=objectives), rng.uniform(0.5, 2, objectives))
    f = double(rng.normal(size=(4, objectives))).requires_grad_()
    expected = torch.stack(
        [torch.autograd.grad(s.terms(f)[:, i].sum(), f)[0] for i in range(objectives)], dim=1
    )
    np.testing.assert_allclose(s.jacobian(), expected, atol=1e-12)


def test_below_the_ideal_more_weight_still_asks_for_less():
    weights = torch.tensor([[0.8, 0.2], [0.5, 0.5], [0.2, 0.8]])
    made = Scalarization(weights, torch.zeros(2), torch.ones(2), epsilon=0.0)
    grid = torch.linspace(0.05, 1.5, 400)
    # A front that lies below the ideal as a whole: u_1² + u_2² = 2.25, both negative.
    front = -torch.stack([grid, (2.25 - grid.square()).clamp(min=0).sqrt()], dim=1)
    best = [
        front[torch.stack([made.value(point.expand(3, 2))[k] for point in front]).argmin()]
        for k in range(3)
    ]
    assert best[0][0] < best[1][0] < best[2][0]
    # There the u are as the weights.
    torch.testing.assert_close(best[0][0] / best[0][1], torch.tensor(4.0), rtol=0.05, atol=0)


def test_levels_are_the_terms_above_the_ideal_and_keep_their_gradient():
    weights = torch.tensor([[0.3, 0.7], [0.0, 1.0]])
    made = Scalarization(weights, torch.zeros(2), torch.ones(2), epsilon=1e-4)
    losses = torch.tensor([[0.5, 0.25], [0.5, 0.25]])
    terms = made.terms(losses)
    assert torch.equal(made.levels(terms)[0], terms[0])
    assert made.levels(terms)[1, 0] == -terms[1, 1]  # not asked for, so never the largest
    below = made.terms(-losses).requires_grad_()
    levels = made.levels(below)
    torch.testing.assert_close(levels[0], below[0] / (2 * weights[0]).square())
    (slope,) = torch.autograd.grad(levels.sum(), below)
    assert torch.equal(slope, torch.ones(2, 2))
    assert made.value(-losses)[1] == levels[1, 1] < 0
