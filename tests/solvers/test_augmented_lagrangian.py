"""One step at a time, by hand. That it converges is tested in test_convergence.py."""

import numpy as np
import pytest
import torch

from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.registry import SOLVERS


def plain(rows=1, objectives=2, epsilon=0.0):
    """Scalarization whose terms are the objectives themselves (w = 1 each, for easy numbers)."""
    return Scalarization(
        torch.ones(rows, objectives), torch.zeros(objectives), torch.ones(objectives), epsilon
    )


def outer(solver, *batches):
    losses = [solver.loss(torch.tensor(batch)) for batch in batches]
    solver.end_outer_iteration()
    return losses


def test_one_step_by_hand():
    solver = AugmentedLagrangian(plain(), penalty=1.0)
    np.testing.assert_allclose(solver.multipliers(), [[0.5, 0.5]])
    # μ = 1/0.2; λ + μg = (1.5, 1.0), projected (0.75, 0.25).
    (loss,) = outer(solver, [[0.2, 0.1]])
    np.testing.assert_allclose(loss, [0.75 * 0.2 + 0.25 * 0.1], rtol=1e-6)
    np.testing.assert_allclose(solver.multipliers(), [[0.75, 0.25]], rtol=1e-6)
    # Again: (0.75 + 1, 0.25 + 0.5), projected (1, 0).
    outer(solver, [[0.2, 0.1]])
    np.testing.assert_allclose(solver.multipliers(), [[1, 0]], atol=1e-6)


def test_multipliers_are_the_mean_over_the_steps():
    solver = AugmentedLagrangian(plain(), penalty=1.0)
    # Steps project to (0.75, 0.25) and (0.25, 0.75); λ moves at the end alone.
    outer(solver, [[0.2, 0.1]], [[0.1, 0.2]])
    np.testing.assert_allclose(solver.multipliers(), [[0.5, 0.5]], rtol=1e-6)


def test_the_size_of_the_objectives_does_not_matter():
    batches = [[0.3, 0.1], [0.25, 0.2], [0.1, 0.3]]
    large, small = (AugmentedLagrangian(plain(), penalty=2.0) for _ in range(2))
    for batch in batches:
        outer(large, [[1000 * x for x in batch]])
        outer(small, [[0.001 * x for x in batch]])
        np.testing.assert_allclose(large.multipliers(), small.multipliers(), rtol=1e-4)


def test_the_running_mean():
    solver = AugmentedLagrangian(plain(), penalty=1.0, memory=0.5)
    solver.loss(torch.tensor([[0.2, 0.1]]))
    loss = solver.loss(torch.tensor([[0.1, 0.3]]))
    # ḡ = (g_1 + 2 g_2) / 3 = (0.4, 0.7)/3; μḡ = (4/7, 1); projected 1/2 ∓ 3/14.
    first = 0.5 - 3 / 14
    np.testing.assert_allclose(loss, [first * 0.1 + (1 - first) * 0.3], rtol=1e-5)


def test_the_penalty_grows_without_progress_up_to_its_bound():
    solver = AugmentedLagrangian(plain(), penalty=1.0, growth=1.5, largest_growth=2.0)
    outer(solver, [[0.2, 0.1]])  # gap 0.025
    assert solver.penalty().item() == 1.0
    outer(solver, [[0.1, 0.2]])  # λ = (0.5, 0.5), gap 0.05: no progress
    assert solver.penalty().item() == 1.5
    outer(solver, [[0.2, 0.1]])  # λ = (0.875, 0.125), gap 0.0125: progress
    np.testing.assert_allclose(solver.multipliers(), [[0.875, 0.125]], rtol=1e-6)
    assert solver.penalty().item() == 1.5
    for batch in ([[0.1, 0.2]], [[0.2, 0.1]], [[0.1, 0.2]], [[0.2, 0.1]]):
        outer(solver, batch)
    assert solver.penalty().item() == 2.0


@pytest.mark.parametrize(("tolerance", "penalty"), [(0.2, 1.5), (0.3, 1.0)])
def test_the_penalty_stays_where_the_gap_is_small(tolerance, penalty):
    solver = AugmentedLagrangian(plain(), penalty=1.0, tolerance=tolerance)
    outer(solver, [[0.2, 0.1]])
    outer(solver, [[0.1, 0.2]])  # the gap grows to 0.05, a quarter of the largest term
    assert solver.penalty().item() == penalty


def test_new_weights_are_a_new_beginning_for_the_gap_and_not_for_the_means():
    solver = AugmentedLagrangian(plain(), penalty=1.0)
    outer(solver, [[0.2, 0.1]])  # gap 0.025
    solver.reweighted(torch.ones(1, 2))
    outer(solver, [[0.1, 0.2]])  # gap 0.05, not to be compared
    assert solver.penalty().item() == 1.0
    before, after = (AugmentedLagrangian(plain(), memory=0.5) for _ in range(2))
    before.loss(torch.tensor([[0.2, 0.1]]))
    before.reweighted(torch.tensor([[2.0, 0.5]]))
    after.loss(torch.tensor([[0.4, 0.05]]))
    for name in ("mean_terms", "sum_of_terms"):
        np.testing.assert_allclose(before.state_dict()[name], after.state_dict()[name])
    batch = torch.tensor([[0.3, 0.3]])
    np.testing.assert_allclose(before.loss(batch), after.loss(batch))


def test_with_noise_the_gap_is_that_of_the_mean_over_the_outer_iteration():
    batches = [[0.2, 0.1]], [[0.1, 0.2]]
    noisy = AugmentedLagrangian(plain(), penalty=1.0, memory=0.5)
    exact = AugmentedLagrangian(plain(), penalty=1.0)
    for _ in range(2):
        outer(noisy, *batches)
        outer(exact, *batches)
    # The mean g is (0.15, 0.15), which has no gap; the last g has one of 0.05 each time.
    assert noisy.penalty().item() == 1.0
    assert exact.penalty().item() == 1.5
    # Where the mean has a gap, the penalty grows with noise too.
    for batch in ([[0.2, 0.1]], [[0.1, 0.2]]) * 4:
        outer(noisy, batch, batch)
    assert noisy.penalty().item() > 1.0


def test_with_noise_the_terms_of_an_earlier_outer_iteration_do_not_count():
    solver = AugmentedLagrangian(plain(), penalty=1.0, memory=0.5)
    outer(solver, [[0.2, 0.1]])  # gap 0.025
    outer(solver, [[0.1, 0.2]])  # λ = (0.65, 0.35), gap 0.065; that of the sum of both would be 0
    assert solver.penalty().item() == 1.5


def test_where_noise_is_expected_a_larger_gap_is_left_alone():
    for averaging, tolerance in ((1, 0.01), (5, 0.05)):
        solver = SOLVERS["chebyshev"].made(
            plain(), {"penalty": 5.0, "averaging": averaging, "smoothing": 0.1}
        )
        assert (solver.memory, solver.tolerance) == (1 - 1 / averaging, tolerance)
        assert solver.penalty().item() == 5.0


@pytest.mark.parametrize("epsilon", [0.0, 0.05])
def test_gradients_flow_through_the_objectives_alone(epsilon):
    weights = torch.tensor([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    s = Scalarization(
        weights, torch.tensor([0.1, 0.0, 0.2]), torch.tensor([1.0, 2.0, 3.0]), epsilon
    )
    solver = AugmentedLagrangian(s, penalty=0.5)
    f = torch.tensor([[1.0, 2.0, 3.0], [2.0, 1.0, 4.0]], requires_grad=True)
    solver.loss(f).sum().backward()
    solver.end_outer_iteration()
    # After one step λ is the λ̂ of that step, so the coefficients are its gradient.
    np.testing.assert_allclose(f.grad, solver.coefficients(), rtol=1e-5)
    assert (solver.multipliers() > 0).sum() >= 4
    assert not solver.multipliers().requires_grad


def test_coefficients_by_autograd():
    weights = torch.tensor([[0.2, 0.8]])
    s = Scalarization(weights, torch.zeros(2), torch.tensor([1.0, 5.0]), 0.1)
    solver = AugmentedLagrangian(s, penalty=1.0)
    outer(solver, [[1.0, 2.0]])
    f = torch.tensor([[3.0, 4.0]], requires_grad=True)
    (solver.multipliers() * s.terms(f)).sum().backward()
    np.testing.assert_allclose(solver.coefficients(), f.grad, rtol=1e-6)


def test_value_is_the_largest_term():
    solver = AugmentedLagrangian(plain(2), penalty=1.0)
    np.testing.assert_allclose(solver.value(torch.tensor([[1.0, 3.0], [2.0, 0.0]])), [3, 2])


def test_a_subproblem_alone_and_among_others():
    generator = torch.Generator().manual_seed(0)
    weights = torch.rand(3, 4, generator=generator)
    batches = torch.rand(12, 3, 4, generator=generator)
    batches[5, 2] = torch.nan

    def run(rows):
        s = Scalarization(weights[rows], torch.zeros(4), torch.ones(4), 0.01)
        solver = AugmentedLagrangian(s, memory=0.5)
        losses = []
        for i, batch in enumerate(batches):
            losses.append(solver.loss(batch[rows]))
            if i % 3 == 2:
                solver.end_outer_iteration()
        return torch.stack(losses), solver.state_dict()

    together, state = run([0, 1, 2])
    assert together[5:, 2].isnan().all()
    for k in (0, 1):
        alone, own = run([k])
        np.testing.assert_array_equal(together[:, k], alone[:, 0])
        for name, tensor in own.items():
            np.testing.assert_array_equal(state[name][k], tensor[0], err_msg=name)


def test_a_state_is_a_copy_and_continues_the_same():
    generator = torch.Generator().manual_seed(1)
    batches = torch.rand(10, 2, 3, generator=generator)
    s = plain(2, 3, epsilon=0.01)
    straight = AugmentedLagrangian(s, memory=0.8)
    for i, batch in enumerate(batches[:5]):
        straight.loss(batch)
        if i % 2:
            straight.end_outer_iteration()
    state = straight.state_dict()
    resumed = AugmentedLagrangian(s, penalty=3.0, largest_growth=40 / 3, memory=0.8)
    resumed.load_state_dict(state)
    for i, batch in enumerate(batches[5:], start=5):
        np.testing.assert_array_equal(straight.loss(batch), resumed.loss(batch))
        if i % 2:
            straight.end_outer_iteration()
            resumed.end_outer_iteration()
            np.testing.assert_array_equal(straight.penalty(), resumed.penalty())
    assert not torch.equal(state["mean_terms"], straight.mean_terms)
    assert set(state) == set(AugmentedLagrangian.state_names)


def test_every_tensor_that_changes_is_part_of_the_state():
    solver = AugmentedLagrangian(plain())
    tensors = {name for name, value in vars(solver).items() if isinstance(value, torch.Tensor)}
    assert tensors == set(AugmentedLagrangian.state_names)


def test_objectives_of_zero_do_no_harm():
    solver = AugmentedLagrangian(plain())
    (loss,) = outer(solver, [[0.0, 0.0]])
    assert loss.item() == 0
    np.testing.assert_allclose(solver.multipliers(), [[0.5, 0.5]])
    assert solver.penalty().isfinite().all()
