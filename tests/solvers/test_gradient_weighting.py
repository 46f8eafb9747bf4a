"""Rivals that weigh objectives by their gradients: against TorchJD's own use, and exactly."""

import numpy as np
import pytest
import torch
import torchjd.aggregation

from paretocli.problems.analytic import make_vlmop2
from paretocli.solvers import gradient_weighting
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.gradient_weighting import GradientWeighting
from paretocli.solvers.registry import SOLVERS
from tests.toys import growl_of, make_trainer, pictures, quadratics, solve, vectors

RIVALS = [name for name, kind in SOLVERS.items() if kind.needs]
RULES = {
    "mgda": (gradient_weighting.mgda, torchjd.aggregation.MGDA()),
    "cagrad": (gradient_weighting.cagrad, torchjd.aggregation.CAGrad(c=0.4)),
    "upgrad": (gradient_weighting.upgrad, torchjd.aggregation.UPGrad()),
    "nash": (gradient_weighting.nash_mtl, torchjd.aggregation.NashMTL(n_tasks=2)),
    "aligned": (gradient_weighting.aligned_mtl, torchjd.aggregation.AlignedMTL()),
    "imtl": (gradient_weighting.imtl_g, torchjd.aggregation.IMTLG()),
    "pcgrad": (gradient_weighting.pcgrad, torchjd.aggregation.PCGrad()),
}
JACOBIAN = torch.tensor([[-4.0, 1.0, 1.0], [6.0, 1.0, 1.0]], dtype=torch.float64)
EQUAL = [[0.5, 0.5]]


@pytest.mark.parametrize("name", RULES)
def test_inner_products_say_what_the_gradients_say(name):
    make, aggregator = RULES[name]
    torch.manual_seed(0)
    expected = aggregator(JACOBIAN)
    torch.manual_seed(0)
    direction = make(2)(JACOBIAN @ JACOBIAN.T) @ JACOBIAN
    torch.testing.assert_close(direction, expected, rtol=1e-5, atol=1e-5)


def test_every_rival_is_tested():
    assert set(RULES) == set(RIVALS)


def test_mgda_by_hand():
    """Of two gradients, the shortest combination is at α_1 = (g_2 − g_1)·g_2 / ‖g_1 − g_2‖²."""
    first, second = JACOBIAN
    share = float((second - first) @ second / ((first - second) @ (first - second)))
    found = gradient_weighting.mgda(2)(JACOBIAN @ JACOBIAN.T)
    np.testing.assert_allclose(found, [share, 1 - share], atol=1e-6)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_gramian_is_that_of_the_gradients(sparse):
    problem = vectors() if sparse else pictures(dropout=0.0)
    weights = [[0.2] * 3, [0.3] * 3] if sparse else [[0.5, 0.5], [0.5, 0.5]]
    extra = {"sparsity": growl_of(problem)} if sparse else {}
    trainer = make_trainer(problem, weights, "mgda", **extra)
    population = trainer.population
    population.train(False)
    batch = problem.train.rows(slice(8))
    losses, _ = population.measure(problem.prepare(batch.inputs), batch.targets)
    objectives = trainer.descent.objectives(losses)
    found = trainer.descent.gramian(objectives)
    for member in range(2):
        rows = []
        for j in range(objectives.shape[1]):
            if sparse and j == 0:
                own = trainer.sparsity.gradients(population.parameters)
                gradient = [
                    own.get(name, torch.zeros_like(p))[member].flatten()
                    for name, p in population.parameters.items()
                ]
            else:
                gradient = [
                    g[member].flatten()
                    for g in torch.autograd.grad(
                        objectives[member, j],
                        list(population.parameters.values()),
                        retain_graph=True,
                        materialize_grads=True,
                        allow_unused=True,
                    )
                ]
            rows.append(torch.cat(gradient))
        jacobian = torch.stack(rows).detach()
        torch.testing.assert_close(found[member], jacobian @ jacobian.T, rtol=1e-4, atol=1e-7)
        assert found[member, 0, 0] > 0


@pytest.mark.parametrize("solver", RIVALS)
def test_they_end_on_the_front(solver):
    """Of two quadratics it is the segment between their minima; of vlmop2, x_1 = … = x_n."""
    centres = [[0.0, 0.0], [1.0, 2.0]]
    problem = quadratics(centres, [2.0, -1.0])
    # That of Nash-MTL asks a general solver at each step, which takes its time.
    epochs = 2 if solver == "nash" else 3
    outcome = solve(make_trainer(problem, EQUAL, solver, epochs=epochs, lr=0.1))
    roots = outcome.figures["train"][0][0].sqrt()
    assert float(roots.sum()) == pytest.approx(5**0.5, abs=0.02)
    outcome = solve(make_trainer(make_vlmop2(), EQUAL, solver, epochs=epochs - 1))
    first, second = outcome.figures["train"][0][0].double()
    # On the front, √−log(1 − f_1) + √−log(1 − f_2) = 2.
    sides = [(-torch.log1p(-f)).clamp(min=0).sqrt() for f in (first, second)]
    assert float(sum(sides)) == pytest.approx(2, abs=0.02)


def test_the_scale_counts_and_the_weights_do_not():
    scale = torch.tensor([1.0, 4.0])
    solvers = [
        GradientWeighting(
            Scalarization(torch.tensor(weights), torch.zeros(2), scale, 0.0),
            gradient_weighting.mgda,
        )
        for weights in ([[0.5, 0.5]], [[0.1, 0.9]])
    ]
    gramian = (JACOBIAN @ JACOBIAN.T).float().unsqueeze(0)
    scaled = JACOBIAN / scale.unsqueeze(1)
    expected = gradient_weighting.mgda(2)(scaled @ scaled.T)
    for solver in solvers:
        solver.weigh(gramian)
        f = torch.tensor([[2.0, 8.0]], requires_grad=True)
        solver.loss(f).sum().backward()
        np.testing.assert_allclose(f.grad[0], expected / scale, rtol=1e-5)
        solver.end_outer_iteration()
        np.testing.assert_allclose(solver.coefficients(), f.grad, rtol=1e-6)
        assert solver.multipliers() is None


def test_a_network_that_diverged_leaves_the_others_alone():
    solver = GradientWeighting(
        Scalarization(torch.tensor(EQUAL * 2), torch.zeros(2), torch.ones(2), 0.0),
        gradient_weighting.upgrad,
    )
    whole = (JACOBIAN @ JACOBIAN.T).float()
    solver.weigh(torch.stack([torch.full((2, 2), torch.nan), whole]))
    assert solver.of_batch[0].tolist() == [0.5, 0.5]
    assert solver.of_batch[1].tolist() != [0.5, 0.5]


@pytest.mark.parametrize("name", RULES)
def test_a_task_without_labels_is_left_out_of_the_step(name):
    """The others are combined as if there were no such task; without any there is no step."""
    scalarization = Scalarization(torch.full((1, 3), 1 / 3), torch.zeros(3), torch.ones(3), 0.0)
    solver = GradientWeighting(scalarization, RULES[name][0])
    products = (JACOBIAN @ JACOBIAN.T).float()
    gramian = torch.zeros(1, 3, 3)
    gramian[0, ::2, ::2] = products[:, :]
    torch.manual_seed(0)
    solver.weigh(gramian, torch.tensor([[True, False, True]]))
    torch.manual_seed(0)
    expected = RULES[name][0](2)(products.double())
    np.testing.assert_allclose(solver.of_batch[0, ::2], expected, rtol=1e-5)
    assert solver.of_batch[0, 1] == 0
    solver.loss(torch.ones(1, 3))
    solver.weigh(torch.zeros(1, 3, 3), torch.zeros(1, 3, dtype=torch.bool))
    assert solver.loss(torch.zeros(1, 3)).tolist() == [0]
    one = torch.zeros(1, 3, 3)
    one[0, 1, 1] = 4.0
    solver.weigh(one, torch.tensor([[False, True, False]]))
    assert solver.of_batch[0, 1] > 0
    alone = solver.of_batch[0, 1].item()
    solver.loss(torch.ones(1, 3))
    # Weights are means over the batches with labels of the task.
    solver.end_outer_iteration()
    means = [expected[0], alone, expected[1]]
    np.testing.assert_allclose(solver.coefficients()[0], means, rtol=1e-5)


def test_a_task_at_its_best_counts():
    """Where one gradient is 0 with labels, no direction serves all, and MGDA stands still."""
    scalarization = Scalarization(torch.full((1, 2), 0.5), torch.zeros(2), torch.ones(2), 0.0)
    solver = GradientWeighting(scalarization, gradient_weighting.mgda)
    solver.weigh(torch.tensor([[[0.0, 0.0], [0.0, 1.0]]]), torch.tensor([[True, True]]))
    np.testing.assert_allclose(solver.of_batch[0], [1, 0], atol=1e-6)
