"""The whole method against a general convex solver: two least-squares tasks and GrOWL."""

import numpy as np
import pytest
import torch
from torch import nn

from paretocli.core.problem import Problem, Samples, Task
from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.solvers.augmented_lagrangian import AugmentedLagrangian
from paretocli.solvers.chebyshev import Scalarization
from paretocli.sparsity.growl import theta
from paretocli.sparsity.layers import find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.training.settings import TrainingSettings
from paretocli.training.trainer import Trainer
from tests.toys import CPU, solve

ROWS, STEPS, EPSILON = 8, 36, 1e-4
WEIGHTS = [[0.1, 0.45, 0.45], [0.3, 0.5, 0.2], [0.6, 0.2, 0.2]]


class LeastSquares(nn.Module):
    """One matrix with an output for each of two tasks, on the same inputs at every step."""

    def __init__(self, inputs):
        super().__init__()
        self.matrix = nn.Linear(ROWS, 2, bias=False)
        self.register_buffer("inputs", inputs)

    def forward(self, batch):
        return list(self.matrix(self.inputs).unbind(dim=1))


class Apart(LeastSquares):
    """The same, with a matrix a task; the second one has its inputs the other way round."""

    def __init__(self, inputs):
        super().__init__(inputs)
        del self.matrix
        self.one, self.two = (nn.Linear(ROWS, 1, bias=False) for _ in range(2))

    def forward(self, batch):
        return [self.one(self.inputs)[:, 0], self.two(self.inputs.flip(1))[:, 0]]


ROWS_OF_ONE_INPUT = ((("one.weight", "0:8"), ("two.weight", "7,6,5,4,3,2,1,0")),)


def data():
    """Inputs (60, 8), of which two say nothing about the targets (60, 2)."""
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(60, ROWS)) @ np.diag(np.linspace(1.5, 0.5, ROWS))
    truth = generator.normal(size=(ROWS, 2))
    truth[[2, 5]] = 0
    return inputs, inputs @ truth + 0.3 * generator.normal(size=(60, 2))


def squared_error(values):
    target = torch.tensor(values, dtype=torch.float32)
    return lambda output, nothing: ((output - target) ** 2).mean()


def problem():
    inputs, targets = data()
    nothing = torch.empty(STEPS, 0)
    samples = Samples(nothing, (nothing, nothing))
    return Problem(
        name="least squares",
        tasks=[Task(name, squared_error(targets[:, t])) for t, name in enumerate("ab")],
        train=samples,
        val=samples,
        test=samples,
        networks={
            "own": lambda: LeastSquares(torch.tensor(inputs, dtype=torch.float32)),
            "apart": lambda: Apart(torch.tensor(inputs, dtype=torch.float32)),
        },
        generic=False,
    )


def trained(kind, optimizer, lr, name="own", grouping=(), **controls):
    made = problem()
    network = build_network(name, made, seed=0)
    layers = find_layers(network, made.train.inputs[:2])
    settings = SparsitySettings(kind, 1.0, relative=False)
    sparsity = SparsityObjective(layers, settings, CPU, grouping=grouping)
    scale = torch.tensor([4.0, 5.0, 5.0])
    scalarization = Scalarization(torch.tensor(WEIGHTS), torch.zeros(3), scale, EPSILON)
    settings = TrainingSettings(
        epochs=25,
        batch_size=1,
        optimizer=optimizer,
        lr=lr,
        weight_decay=0.0,
        schedule="cosine",
        seed=0,
        device=CPU,
        **controls,
    )
    population = Population(network, made.tasks, len(WEIGHTS), device=CPU)
    solver = AugmentedLagrangian(scalarization, penalty=10.0)
    trainer = Trainer(made, population, solver, settings, sparsity=sparsity)
    return solve(trainer), scale.numpy()


def exact(kind, weights, scale):
    """Objectives (3,) and matrix (8, 2) of the exact solution."""
    import cvxpy as cp

    inputs, targets = data()
    matrix = cp.Variable((ROWS, 2))
    norms = cp.norm(matrix, 2, axis=1)
    falling = theta(kind, ROWS, 1.0).numpy().astype(float)
    steps = np.append(falling[:-1] - falling[1:], falling[-1])
    growl = sum(step * cp.sum_largest(norms, k + 1) for k, step in enumerate(steps) if step > 0)
    errors = [cp.sum_squares(inputs @ matrix[:, t] - targets[:, t]) / 60 for t in range(2)]
    normalised = [f / s for f, s in zip([growl, *errors], scale, strict=True)]
    whole = EPSILON * sum(normalised)
    terms = [w * (u + whole) for w, u in zip(weights, normalised, strict=True)]
    cp.Problem(cp.Minimize(cp.maximum(*terms))).solve(solver=cp.CLARABEL)
    return np.array([float(f.value) for f in (growl, *errors)]), matrix.value


@pytest.mark.parametrize(
    ("kind", "optimizer", "lr"),
    [
        ("flat", "adam", 0.02),
        ("spike", "adam", 0.02),
        ("linear", "sgd", 0.05),
        ("ramp", "sgd", 0.05),
    ],
)
def test_training_ends_at_the_exact_sparse_chebyshev_points(kind, optimizer, lr):
    ends_there(kind, *trained(kind, optimizer, lr))


def test_clipping_ends_there_too():
    """Sparsity's pull is scaled with the tasks' gradient, which is not 0 at a solution."""
    ends_there("flat", *trained("flat", "sgd", 0.5, clip_norm=0.03, warm_up=0.1))


@pytest.mark.parametrize(("optimizer", "lr"), [("adam", 0.1), ("sgd", 0.2)])
def test_a_layer_with_a_rate_of_its_own_ends_there_too(optimizer, lr):
    controls = {"lr_factors": {"matrix.weight": 0.25}, "warm_up": 0.1}
    ends_there("spike", *trained("spike", optimizer, lr, **controls))


def ends_there(kind, outcome, scale):
    objectives = outcome.figures["train"][0].numpy()
    matrices = outcome.tensors["matrix.weight"].numpy()
    for k, weights in enumerate(WEIGHTS):
        expected, matrix = exact(kind, weights, scale)
        np.testing.assert_allclose(objectives[k], expected, rtol=2e-3)
        zero = np.linalg.norm(matrix, axis=1) < 2e-3
        np.testing.assert_array_equal((matrices[k] == 0).all(axis=0), zero)
    assert outcome.relative_gap.max() < 1e-3
    assert outcome.stationarity.max() < 0.01


@pytest.mark.parametrize(
    ("kind", "optimizer", "lr"), [("flat", "adam", 0.02), ("ramp", "sgd", 0.05)]
)
def test_rows_of_two_matrices_that_go_together_are_rows_of_one(kind, optimizer, lr):
    outcome, scale = trained(kind, optimizer, lr, "apart", ROWS_OF_ONE_INPUT)
    one, two = outcome.tensors["one.weight"], outcome.tensors["two.weight"].flip(2)
    found = torch.cat([one, two], dim=1).numpy()
    for k, weights in enumerate(WEIGHTS):
        expected, matrix = exact(kind, weights, scale)
        np.testing.assert_allclose(outcome.figures["train"][0][k], expected, rtol=2e-3)
        zero = np.linalg.norm(matrix, axis=1) < 2e-3
        np.testing.assert_array_equal(found[k].T == 0, np.stack([zero, zero], axis=1))
    assert outcome.relative_gap.max() < 1e-3
    assert outcome.stationarity.max() < 0.01


def test_by_themselves_they_end_elsewhere():
    outcome, _ = trained("flat", "adam", 0.02, "apart")
    one, two = outcome.tensors["one.weight"], outcome.tensors["two.weight"].flip(2)
    assert not torch.equal(one == 0, two == 0)
