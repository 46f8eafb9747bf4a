import numpy as np
import pytest
import torch

from paretocli.planning.preferences import floored, simplex_lattice
from paretocli.problems.analytic import make_vlmop2, make_zdt1
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.smooth_chebyshev import SmoothChebyshev
from tests.exact import exact_points
from tests.toys import make_trainer, solve

EPSILON = 1e-4
WEIGHTS = torch.tensor([[0.25, 0.75], [0.5, 0.5]])
SCALARIZATION = Scalarization(WEIGHTS, torch.tensor([1.0, 0.0]), torch.tensor([2.0, 4.0]), 0.1)
F = torch.tensor([[3.0, 2.0], [5.0, 8.0]])


def test_by_hand():
    # Terms 0.25 · 1.15 and 0.75 · 0.65; 0.5 · 2.4 twice.
    value = SmoothChebyshev(SCALARIZATION, smoothing=0.5).value(F)
    sigma = 0.5 * 0.4875
    expected = sigma * np.log(np.exp(0.2875 / sigma) + np.exp(0.4875 / sigma))
    np.testing.assert_allclose(value, [expected, 1.2 + 0.6 * np.log(2)], rtol=1e-6)


@pytest.mark.parametrize("smoothing", [1e-3, 0.1, 1.0])
def test_between_the_maximum_and_a_little_more(smoothing):
    value = SmoothChebyshev(SCALARIZATION, smoothing=smoothing).value(F)
    largest = SCALARIZATION.value(F)
    assert (value >= largest - 1e-6).all()
    assert (value <= largest * (1 + smoothing * np.log(2)) + 1e-6).all()


def test_its_gradient_is_what_it_says():
    solver = SmoothChebyshev(SCALARIZATION, smoothing=0.3)
    f = F.clone().requires_grad_()
    solver.loss(f).sum().backward()
    solver.end_outer_iteration()
    torch.testing.assert_close(f.grad, solver.coefficients())
    torch.testing.assert_close(solver.multipliers().sum(dim=1), torch.ones(2))


def test_its_state_goes_on():
    solver, other = (SmoothChebyshev(SCALARIZATION, smoothing=0.3) for _ in range(2))
    solver.loss(F)
    other.load_state_dict(solver.state_dict())
    for one in (solver, other):
        one.loss(2 * F + 1)
        one.end_outer_iteration()
    assert torch.equal(solver.multipliers(), other.multipliers())


@pytest.mark.parametrize(("name", "make"), [("vlmop2", make_vlmop2), ("zdt1", make_zdt1)])
def test_with_little_smoothing_it_finds_the_chebyshev_points(name, make):
    """On a concave front and on a convex one; with more, it ends beside them and says so."""
    weights = floored(simplex_lattice(2, 8), 0.01)
    exact = exact_points(name, weights, EPSILON)
    errors, gaps = [], []
    for smoothing in (0.02, 0.3):
        trainer = make_trainer(
            make(),
            weights,
            lambda s, k=smoothing: SmoothChebyshev(s, smoothing=k),
            epsilon=EPSILON,
            epochs=12,
        )
        outcome = solve(trainer)
        errors.append(np.abs(outcome.figures["train"][0].numpy() - exact).max())
        gaps.append(float(outcome.relative_gap.max()))
    assert errors[0] <= 0.03
    assert errors[1] >= 2 * errors[0]
    assert gaps[0] <= 0.05 <= gaps[1]
