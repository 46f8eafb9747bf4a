"""Multipliers averaged over outer iterations: exact means, and states of older versions."""

import numpy as np
import pytest
import torch

from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.running_mean import LONGEST, MEAN_NAMES, known_mean, take_into_mean_
from paretocli.solvers.smooth_chebyshev import SmoothChebyshev
from paretocli.solvers.weighted_sum import WeightedSum

SCALARIZATION = Scalarization(
    torch.tensor([[0.3, 0.7], [0.6, 0.4]]), torch.zeros(2), torch.tensor([1.0, 2.0]), 0.01
)
MAKERS = [
    lambda: AugmentedLagrangian(SCALARIZATION, penalty=1.0),
    lambda: SmoothChebyshev(SCALARIZATION, smoothing=0.3),
]


def outer_iterations(solver, count, seed=0):
    """The multipliers (count, K, m) of so many outer iterations of two steps."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        for _ in range(2):
            solver.loss(torch.rand(2, 2, generator=generator))
        solver.end_outer_iteration()
        found.append(solver.multipliers().clone())
    return torch.stack(found)


def test_a_plain_mean_at_first_and_then_one_that_forgets():
    mean, count = torch.zeros(1, 1), torch.zeros(1)
    for value in range(1, LONGEST + 1):
        take_into_mean_(mean, count, torch.tensor([[float(value)]]))
        assert mean.item() == pytest.approx((value + 1) / 2)
    take_into_mean_(mean, count, torch.tensor([[100.0]]))
    middle = (LONGEST + 1) / 2
    assert mean.item() == pytest.approx(middle + (100 - middle) / LONGEST)


def test_each_subproblem_has_a_mean_of_its_own():
    mean, count = torch.zeros(2, 2), torch.tensor([0.0, 1.0])
    mean[1] = torch.tensor([1.0, 0.0])
    assert known_mean(mean, count).isnan().all(dim=1).tolist() == [True, False]
    take_into_mean_(mean, count, torch.tensor([[0.2, 0.8], [0.0, 1.0]]))
    np.testing.assert_allclose(known_mean(mean, count), [[0.2, 0.8], [0.5, 0.5]])


@pytest.mark.parametrize("make", MAKERS)
def test_solvers_average_their_multipliers(make):
    solver = make()
    assert solver.mean_multipliers().isnan().all()
    found = outer_iterations(solver, 3)
    assert not torch.equal(found[0], found[2])
    torch.testing.assert_close(solver.mean_multipliers(), found.mean(dim=0))
    own, of_mean = solver.certified()
    torch.testing.assert_close(own, solver.coefficients())
    expected = torch.einsum("ki,kij->kj", found.mean(dim=0), SCALARIZATION.jacobian())
    torch.testing.assert_close(of_mean, expected)


@pytest.mark.parametrize("make", MAKERS)
def test_new_weights_have_a_mean_of_their_own(make):
    solver = make()
    outer_iterations(solver, 3)
    solver.reweighted(torch.ones(2, 2))
    assert solver.mean_multipliers().isnan().all()
    found = outer_iterations(solver, 2, seed=1)
    torch.testing.assert_close(solver.mean_multipliers(), found.mean(dim=0))


@pytest.mark.parametrize("make", MAKERS)
def test_states_of_older_versions_have_no_mean(make):
    solver, other = make(), make()
    outer_iterations(solver, 3)
    state = solver.state_dict()
    older = {name: tensor for name, tensor in state.items() if name not in MEAN_NAMES}
    assert len(older) == len(state) - 2
    other.load_state_dict(older)
    assert torch.equal(other.multipliers(), solver.multipliers())
    assert other.mean_multipliers().isnan().all()
    del older["steps"]
    with pytest.raises(KeyError, match="steps"):
        other.load_state_dict(older)


def test_a_solver_without_multipliers_has_no_mean():
    solver = WeightedSum(SCALARIZATION)
    assert solver.mean_multipliers() is None
    torch.testing.assert_close(solver.certified(), solver.coefficients().unsqueeze(0))
