import numpy as np
import torch

from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.weighted_sum import WeightedSum

SCALARIZATION = Scalarization(
    torch.tensor([[0.25, 0.75], [0.5, 0.5]]),
    torch.tensor([1.0, 0.0]),
    torch.tensor([2.0, 4.0]),
    0.1,
)


def test_by_hand():
    solver = WeightedSum(SCALARIZATION)
    f = torch.tensor([[3.0, 2.0], [5.0, 8.0]])
    np.testing.assert_allclose(solver.loss(f), [0.25 + 0.75 * 0.5, 2.0])
    np.testing.assert_allclose(solver.value(f), solver.loss(f))


def test_its_gradient_is_what_it_says():
    solver = WeightedSum(SCALARIZATION)
    f = torch.tensor([[3.0, 2.0], [5.0, 8.0]], requires_grad=True)
    solver.loss(f).sum().backward()
    np.testing.assert_allclose(f.grad, solver.coefficients())
    np.testing.assert_allclose(f.grad, [[0.125, 0.1875], [0.25, 0.125]])


def test_it_has_no_multipliers_and_no_state():
    solver = WeightedSum(SCALARIZATION)
    assert solver.multipliers() is None
    assert solver.penalty() is None
    assert solver.state_dict() == {}
    solver.end_outer_iteration()
    solver.load_state_dict({})
