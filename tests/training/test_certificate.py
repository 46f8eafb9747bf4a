import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch
from torch import nn

from paretocli.core.problem import Samples, Task, as_float
from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.sparsity.layers import Layer
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import Pattern
from paretocli.training.certificate import stationarity
from tests.sparsity.convex import convex_growl, minimum, plain_growl, plain_theta
from tests.toys import CPU, pictures

ROWS, WIDTH, COUNT = 7, 3, 1200
COUNTED = "wide.weight"


class One(nn.Module):
    """Two tasks on the outputs of one matrix, which is counted."""

    def __init__(self):
        super().__init__()
        self.wide = nn.Linear(ROWS, WIDTH, bias=False)

    def forward(self, inputs):
        return [self.wide(inputs)] * 2


class Two(One):
    """The same, where the second task has a layer of its own as well, which is not counted."""

    def __init__(self):
        super().__init__()
        self.other = nn.Linear(ROWS, WIDTH)

    def forward(self, inputs):
        features = self.wide(inputs)
        return [features, features + self.other(inputs)]


def half_square(output, target):
    return 0.5 * ((output - target) ** 2).sum(dim=1).mean()


TASKS = [Task("a", half_square), Task("b", half_square)]


def inputs_of(seed=0):
    """X (N, R): more rows than are evaluated at once."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(COUNT, ROWS)) * np.linspace(0.8, 1.3, ROWS)


def measured(weights, targets, coefficients, *, others=None, sparsity=None, pattern=None):
    """The stationarity (K,) of networks from their counted matrices (K, R, D).

    Args:
        weights: The counted layer, a row an input.
        targets: Of both tasks, (N, D) each.
        coefficients: c (K, m).
        others: The weights (K, R, D) and biases (K, D) of a layer that is not counted, or None.
        sparsity, pattern: As for `stationarity`.
    """
    state = {COUNTED: np.swapaxes(weights, 1, 2)}
    if others is not None:
        state |= {"other.weight": np.swapaxes(others[0], 1, 2), "other.bias": others[1]}
    network = One() if others is None else Two()
    population = Population(network, TASKS, len(weights), device=CPU)
    population.load_state_dict({name: torch.from_numpy(a).float() for name, a in state.items()})
    population.train(False)
    before = {name: tensor.clone() for name, tensor in population.state_dict().items()}
    samples = Samples(torch.from_numpy(inputs_of()), tuple(torch.from_numpy(t) for t in targets))
    found = stationarity(
        population,
        samples,
        as_float,
        torch.tensor(coefficients, dtype=torch.float32),
        sparsity=sparsity,
        pattern=pattern,
    )
    for name, tensor in population.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0, equal_nan=True)
    return found.numpy()


def objective(theta="spike", **settings):
    layer = Layer(COUNTED, (WIDTH, ROWS), "hidden", 1)
    return SparsityObjective([layer], SparsitySettings(theta=theta, **settings), CPU)


def some_targets(seed=1):
    generator = np.random.default_rng(seed)
    truth = generator.normal(size=(ROWS, WIDTH)) * np.array([3, 2, 2, 1, 0.5, 0.2, 0])[:, None]
    noise = 0.1 * generator.normal(size=(2, COUNT, WIDTH))
    return inputs_of() @ truth + noise[0], inputs_of() @ (truth + 0.5) + 1 + noise[1]


def targets_for(weights, gradients):
    """Targets with which the tasks' gradients at the counted matrix (R, D) are the given ones."""
    inputs = inputs_of()
    steps = [np.linalg.solve(inputs.T @ inputs, COUNT * gradient) for gradient in gradients]
    return [inputs @ (weights - step) for step in steps]


def norm(*arrays):
    return np.sqrt(sum((array**2).sum() for array in arrays))


# Optima by a general solver

COEFFICIENTS = [[0.1, 0.6, 0.3], [0.2, 0.5, 0.3], [0.5, 0.4, 0.1]]


def optimum(coefficients, theta):
    """W, V and b that minimise c_0 Ω(W) + c_1 f_1 + c_2 f_2."""
    import cvxpy as cp

    wide, other = cp.Variable((ROWS, WIDTH)), cp.Variable((ROWS, WIDTH))
    bias = cp.Variable((1, WIDTH))
    inputs, (a, b) = inputs_of(), some_targets()
    first = inputs @ wide - a
    second = inputs @ (wide + other) + np.ones((COUNT, 1)) @ bias - b
    losses = [cp.sum_squares(error) / (2 * COUNT) for error in (first, second)]
    growl = convex_growl(wide, coefficients[0] * theta)
    minimum(growl + coefficients[1] * losses[0] + coefficients[2] * losses[1])
    found = wide.value
    found[np.linalg.norm(found, axis=1) < 1e-5] = 0
    return found, other.value, bias.value[0]


@pytest.mark.parametrize(("kind", "slope"), [("spike", 1.0), ("linear", 2.0)])
def test_the_optimum_of_a_convex_problem_is_stationary_and_no_other_place(kind, slope):
    sparsity = objective(theta=kind, slope=slope, relative=False)
    theta = plain_theta(kind, ROWS, slope)
    places = [optimum(row, theta) for row in COEFFICIENTS]
    wide, other, bias = (np.stack(parts) for parts in zip(*places, strict=True))
    zero = (wide == 0).all(axis=2).sum(axis=1)
    assert zero[0] < zero[1] < zero[2] < ROWS

    def at(wide, other, bias, coefficients):
        return measured(wide, some_targets(), coefficients, others=(other, bias), sparsity=sparsity)

    assert (at(wide, other, bias, COEFFICIENTS) < 1e-3).all()
    assert (at(1.1 * wide, other, bias, COEFFICIENTS) > 5e-3).all()
    assert (at(wide, 1.1 * other, bias, COEFFICIENTS) > 5e-3).all()
    assert (at(wide, other, bias + 0.1, COEFFICIENTS) > 5e-3).all()
    assert (at(wide + 0.02, other, bias, COEFFICIENTS) > 5e-3).all()
    exchanged = [COEFFICIENTS[k] for k in (1, 2, 0)]
    assert (at(wide, other, bias, exchanged) > 5e-2).all()
    lonely = wide.copy()
    lonely[:, np.linalg.norm(wide[2], axis=1).argmax()] = 0
    assert (at(lonely, other, bias, COEFFICIENTS) > 5e-2).all()


def test_the_optimum_with_rows_of_two_layers_side_by_side():
    """Each group is a row of both matrices: their optimum is one matrix twice as wide."""
    import cvxpy as cp

    layers = [Layer(name, (WIDTH, ROWS), "hidden", 1) for name in (COUNTED, "other.weight")]
    slots = ((COUNTED, f"0:{ROWS}"), ("other.weight", f"0:{ROWS}"))
    settings = SparsitySettings(theta="linear", slope=2.0, relative=False)
    grouped = SparsityObjective(layers, settings, CPU, grouping=(slots,))
    alone = SparsityObjective(layers, settings, CPU)
    inputs, (a, b) = inputs_of(), some_targets()
    places = []
    for coefficients in COEFFICIENTS:
        both, bias = cp.Variable((ROWS, 2 * WIDTH)), cp.Variable((1, WIDTH))
        wide, other = both[:, :WIDTH], both[:, WIDTH:]
        second = inputs @ (wide + other) + np.ones((COUNT, 1)) @ bias - b
        losses = [cp.sum_squares(error) / (2 * COUNT) for error in (inputs @ wide - a, second)]
        growl = convex_growl(both, coefficients[0] * plain_theta("linear", ROWS, 2.0))
        minimum(growl + coefficients[1] * losses[0] + coefficients[2] * losses[1])
        found = both.value
        found[np.linalg.norm(found, axis=1) < 1e-5] = 0
        places.append((found[:, :WIDTH], found[:, WIDTH:], bias.value[0]))
    wide, other, bias = (np.stack(parts) for parts in zip(*places, strict=True))
    zero = (wide == 0).all(axis=2).sum(axis=1)
    assert zero[0] < zero[2] < ROWS

    def at(wide, other, sparsity):
        others = (other, bias)
        return measured(wide, some_targets(), COEFFICIENTS, others=others, sparsity=sparsity)

    assert (at(wide, other, grouped) < 1e-3).all()
    assert (at(wide, other, alone) > 5e-3).all()
    assert (at(1.1 * wide, other, grouped) > 5e-3).all()
    assert (at(wide, 1.1 * other, grouped) > 2e-3).all()
    lonely = wide.copy()
    lonely[:, np.linalg.norm(wide[2], axis=1).argmax()] = 0
    assert (at(lonely, other, grouped) > 5e-2).all()


# Places made to measure: a matrix, a subgradient of f_0 there, and tasks that pull against it

LENGTHS = np.array([2.0, 0.0, 1.2, 0.7, 0.0, 0.4, 0.0])
PLACES = [0, 4, 1, 2, 5, 3, 6]  # of the rows among θ


def a_place(seed=2):
    directions = np.random.default_rng(seed).normal(size=(ROWS, WIDTH))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return LENGTHS[:, None] * directions, directions


def subgradient(theta, of_zero_rows, relative):
    """A subgradient of f_0, with θ_R times the given lengths in zero rows; Ω's and 1/‖W‖'s part."""
    weights, directions = a_place()
    scale = theta[PLACES].copy()
    scale[LENGTHS == 0] = np.array(of_zero_rows) * theta[-1]
    growl = scale[:, None] * directions
    if not relative:
        return growl, np.zeros_like(growl)
    factor = 1 / norm(weights) / ROWS**0.5
    of_size = -factor * plain_growl(weights, theta) / norm(weights) ** 2 * weights
    return factor * growl, of_size


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("kind", ["flat", "spike", "linear", "ramp"])
def test_where_the_tasks_pull_against_a_subgradient_it_is_zero(kind, relative):
    theta = plain_theta(kind, ROWS, 2.0)
    sparsity = objective(theta=kind, slope=2.0, relative=relative)
    weights, _ = a_place()
    parts = subgradient(theta, [0.9, 0.3, 0.0], relative)
    targets = targets_for(weights, [-0.4 / 0.6 * sum(parts), np.zeros((ROWS, WIDTH))])
    coefficients = [[0.4, 0.6, 0.0], [0.5, 0.5, 0.0]]
    found = measured([weights] * 2, targets, coefficients, sparsity=sparsity)
    assert found[0] < 1e-3
    assert found[1] > 2e-2


@pytest.mark.parametrize("relative", [True, False])
def test_what_zero_rows_pull_beyond_the_threshold_counts(relative):
    theta = plain_theta("spike", ROWS, 2.0)
    sparsity = objective(theta="spike", slope=2.0, relative=relative)
    weights, _ = a_place()
    growl, of_size = subgradient(theta, [1.5, 0.9, 1.1], relative)
    task = -0.4 / 0.6 * (growl + of_size)
    found = measured(
        [weights],
        targets_for(weights, [task, np.zeros((ROWS, WIDTH))]),
        [[0.4, 0.6, 0.0]],
        sparsity=sparsity,
    )
    # Row 1 pulls 1.5 times as much as keeps it at zero, and row 6 pulls 1.1 times as much.
    unit = np.linalg.norm(growl[1]) / 1.5
    own = np.where(LENGTHS[:, None] > 0, growl + of_size, 0)
    whole = 0.4 * unit * norm(np.array([0.5, 0.1]))
    assert found[0] == pytest.approx(whole / (0.4 * norm(own) + 0.6 * norm(task)), rel=1e-2)


def test_equally_long_rows_share_what_pulls_at_them():
    theta = plain_theta("linear", ROWS, 2.0)
    sparsity = objective(theta="linear", slope=2.0, relative=False)
    _, directions = a_place()
    # The three longest rows tie: their subgradients are any mixture of the orders of θ_1, θ_2, θ_3.
    mixed = theta.copy()
    mixed[:3] = [theta[:3].mean() - 0.1, theta[:3].mean() + 0.1, theta[:3].mean()]
    beyond = theta.copy()
    beyond[:3] = [theta[0] + 0.3, theta[1] - 0.3, theta[2]]
    weights = np.array([1, 1, 1, 0.6, 0.4, 0.3, 0.2])[:, None] * directions
    found = []
    for scale in (mixed, beyond):
        task = -scale[:, None] * directions
        targets = targets_for(weights, [task, np.zeros((ROWS, WIDTH))])
        found.append(measured([weights], targets, [[0.5, 0.5, 0.0]], sparsity=sparsity)[0])
    assert found[0] < 1e-3
    assert found[1] > 2e-2


# Smooth places: the plain formula


def plain_stationarity(gradients, coefficients):
    """‖Σ c_j ∇f_j‖ / Σ c_j ‖∇f_j‖ from the gradients, lists of arrays."""
    together = [
        sum(c * part for c, part in zip(coefficients, parts, strict=True))
        for parts in zip(*gradients, strict=True)
    ]
    apart = sum(c * norm(*parts) for c, parts in zip(coefficients, gradients, strict=True))
    return norm(*together) / apart


def noisy(members):
    """K different convolutional networks, data, and each network's gradients by autograd."""
    problem = pictures()
    networks = [build_network("noisy", problem, seed).eval() for seed in range(members)]
    population = Population(networks[0], problem.tasks, members, device=CPU)
    states = [network.state_dict() for network in networks]
    names = population.state_dict()
    population.load_state_dict({n: torch.stack([state[n] for state in states]) for n in names})
    population.train(False)
    gradients = []
    for network, state in zip(networks, states, strict=True):
        copy = build_network("noisy", problem, 0).eval()
        copy.load_state_dict(state)
        outputs = copy(problem.train.inputs)
        each = []
        for task, output, target in zip(problem.tasks, outputs, problem.train.targets, strict=True):
            copy.zero_grad()
            task.loss(output, target).backward(retain_graph=True)
            each.append(
                {
                    name: torch.zeros_like(p).numpy() if p.grad is None else p.grad.clone().numpy()
                    for name, p in copy.named_parameters()
                }
            )
        gradients.append((dict(network.named_parameters()), each))
    return population, problem.train, gradients


@pytest.mark.parametrize("batch", [1000, 16])
def test_without_sparsity_it_is_the_plain_formula(batch):
    # In batches of 16, the last of the 40 samples are a smaller batch.
    population, samples, gradients = noisy(3)
    coefficients = torch.tensor([[0.3, 0.7], [0.9, 0.1], [2.0, 2.0]])
    found = stationarity(population, samples, as_float, coefficients, batch_size=batch)
    assert found.shape == (3,)
    for k, (_, each) in enumerate(gradients):
        parts = [list(gradient.values()) for gradient in each]
        expected = plain_stationarity(parts, coefficients[k].numpy())
        assert found[k].item() == pytest.approx(expected, rel=1e-4)
        assert 0.1 < expected < 0.99


def test_several_coefficients_share_the_gradients():
    population, samples, _ = noisy(2)
    name = "body.3.weight"
    layer = Layer(name, tuple(population.parameters[name].shape[1:]), "hidden", 9)
    sparsity = SparsityObjective([layer], SparsitySettings(theta="linear", slope=1.0), CPU)
    several = torch.rand(3, 2, 3, generator=torch.Generator().manual_seed(0))
    several[1, 0] = torch.nan
    together = stationarity(population, samples, as_float, several, sparsity=sparsity)
    assert together.shape == (3, 2)
    assert together.isnan().tolist() == [[False, False], [True, False], [False, False]]
    for found, coefficients in zip(together, several, strict=True):
        alone = stationarity(population, samples, as_float, coefficients, sparsity=sparsity)
        torch.testing.assert_close(found, alone, rtol=0, atol=0, equal_nan=True)


def test_each_loss_is_measured_once_a_batch():
    problem = pictures()
    measured = Counter()

    def counted(task):
        def loss(output, target):
            measured[task.name] += 1
            return task.loss(output, target)

        return dataclasses.replace(task, loss=loss)

    network = build_network("noisy", problem, 0)
    population = Population(network, [counted(task) for task in problem.tasks], 1, device=CPU)
    population.train(False)
    stationarity(population, problem.train, as_float, torch.ones(1, 2), batch_size=16)
    assert len(problem.train) == 40  # three batches
    assert measured == {task.name: 3 for task in problem.tasks}


def test_a_loss_that_reaches_no_parameter_pulls_nowhere():
    population, samples, gradients = noisy(1)
    constant = dataclasses.replace(population.tasks[1], loss=lambda output, target: torch.ones(()))
    population.tasks = (population.tasks[0], constant)
    found = stationarity(population, samples, as_float, torch.tensor([[0.3, 0.7]]))
    parts = [list(gradients[0][1][0].values())]
    assert found.item() == pytest.approx(plain_stationarity(parts, np.array([0.3])), rel=1e-4)


@pytest.mark.parametrize("relative", [True, False])
def test_where_growl_is_smooth_it_is_the_plain_formula_with_its_gradient(relative):
    population, samples, gradients = noisy(2)
    name = "body.3.weight"
    layer = Layer(name, tuple(population.parameters[name].shape[1:]), "hidden", 9)
    settings = SparsitySettings(theta="linear", slope=1.0, relative=relative)
    sparsity = SparsityObjective([layer], settings, CPU)
    coefficients = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    found = stationarity(population, samples, as_float, coefficients, sparsity=sparsity)
    for k, (parameters, each) in enumerate(gradients):
        one = parameters[name].detach().clone().requires_grad_()
        norms = one.transpose(0, 1).flatten(1).norm(dim=1)
        theta = torch.from_numpy(plain_theta("linear", 4, 1.0)).float()
        value = (norms.sort(descending=True).values * theta).sum()
        if relative:
            value = value / one.norm() / 4**0.5
        value.backward()
        own = {n: np.zeros_like(g) for n, g in each[0].items()} | {name: one.grad.numpy()}
        parts = [list(gradient.values()) for gradient in (own, *each)]
        expected = plain_stationarity(parts, coefficients[k].numpy())
        assert found[k].item() == pytest.approx(expected, rel=5e-3)


def test_one_objective_alone_pulls_one_way():
    targets = some_targets()
    found = measured([a_place()[0]] * 2, targets, [[1.0, 0.0], [0.0, 3.0]])
    np.testing.assert_allclose(found, [1, 1], rtol=1e-5)


def test_the_scale_of_the_coefficients_does_not_matter():
    weights, _ = a_place()
    coefficients = np.array([[0.2, 0.5, 0.3]])
    for sparsity in (objective(), objective(relative=False)):
        found = [
            measured([weights], some_targets(), factor * coefficients, sparsity=sparsity)
            for factor in (1.0, 1e-3, 50.0)
        ]
        np.testing.assert_allclose(found, [found[0]] * 3, rtol=1e-3)


def test_where_all_gradients_vanish_it_is_zero():
    weights, _ = a_place()
    at_rest = targets_for(weights, [0 * weights] * 2)
    nothing = [np.zeros((COUNT, WIDTH))] * 2
    assert measured([0 * weights], nothing, [[0.5, 0.5]]).tolist() == [0]
    for sparsity in (objective(), objective(relative=False)):
        found = measured([weights], at_rest, [[0.0, 0.0, 0.0]], sparsity=sparsity)
        assert found.tolist() == [0]
        found = measured([0 * weights], nothing, [[0.0, 0.5, 0.5]], sparsity=sparsity)
        assert found.tolist() == [0]


@pytest.mark.parametrize("coefficient", [0.0, 0.02])
def test_a_layer_of_zeros_that_the_tasks_pull_at(coefficient):
    weights = np.zeros((1, ROWS, WIDTH))
    pull = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    pull /= np.linalg.norm(pull, axis=1, keepdims=True)
    sparsity = objective("flat", relative=False)
    found = measured(
        weights,
        targets_for(weights[0], [pull, 0 * pull]),
        [[coefficient, 0.4, 0.0]],
        sparsity=sparsity,
    )
    assert found[0] == pytest.approx((0.4 - coefficient) / 0.4, abs=1e-3)


@pytest.mark.parametrize("factor", [1.0, 1e-6, 0.0])
def test_the_length_of_a_last_row_makes_no_difference(factor):
    """f_0 holds the other rows at zero and leaves the last to the tasks, however weak."""
    weights = a_place()[0]
    weights[1:] = 0
    pull = np.random.default_rng(0).normal(size=(ROWS, WIDTH))
    pull /= np.linalg.norm(pull, axis=1, keepdims=True)
    targets = targets_for(weights, [pull, 0 * pull])
    found = measured([weights], targets, [[100.0, factor, 0.0]], sparsity=objective("flat"))
    expected = 0 if factor == 0 else 1 / ROWS**0.5
    assert found[0] == pytest.approx(expected, abs=0.01)


def test_what_a_zero_row_pulls_beyond_the_threshold_counts_beside_a_last_row():
    weights = a_place()[0]
    weights[1:] = 0
    sparsity = objective("flat")
    # What keeps a row at zero in f_0 = Ω / (‖W‖ √R).
    threshold = 1 / norm(weights) / ROWS**0.5
    pull = np.zeros((ROWS, WIDTH))
    pull[3, 0] = 1.5 * threshold
    targets = targets_for(weights, [pull, 0 * pull])
    found = measured([weights], targets, [[0.5, 0.5, 0.0]], sparsity=sparsity)
    # f_0 itself is at rest, so that the task's gradient is all that there is.
    assert found[0] == pytest.approx(0.5 / 1.5, rel=1e-2)


@pytest.mark.parametrize("relative", [True, False])
def test_each_member_alone(relative):
    sparsity = objective(relative=relative)
    generator = np.random.default_rng(3)
    weights = generator.normal(size=(3, ROWS, WIDTH))
    weights[1, 2] = 0
    weights[2] *= 20
    together = measured(weights, some_targets(), COEFFICIENTS, sparsity=sparsity)
    assert ((together > 1e-3) & (together < 1)).all()
    for k in range(3):
        own = slice(k, k + 1)
        alone = measured(weights[own], some_targets(), COEFFICIENTS[own], sparsity=sparsity)
        assert alone[0] == pytest.approx(together[k], rel=1e-3)


def test_a_diverged_member_spoils_no_other():
    weights = np.stack([a_place()[0]] * 2)
    healthy = measured(weights, some_targets(), [[0.3, 0.3, 0.4]] * 2, sparsity=objective())
    weights[0, 0, 0] = np.inf
    found = measured(weights, some_targets(), [[0.3, 0.3, 0.4]] * 2, sparsity=objective())
    assert found[1] == healthy[1]


def test_a_diverged_member_is_not_at_rest():
    weights = a_place()[0]
    weights[0, 0] = np.inf
    assert measured([weights], some_targets(), [[0.5, 0.5]])[0] != 0


# Within a pattern

REPRESENTATIVES = [0, -1, 2, 2, -1, 5, 0]


def tied_place():
    """A matrix with rows 0 and 6 equal, 2 and 3 equal, 1 and 4 zero."""
    weights = np.random.default_rng(4).normal(size=(ROWS, WIDTH))
    weights[[1, 4]] = 0
    weights[3], weights[6] = weights[2], weights[0]
    return weights


def outside(seed=5):
    """A pull (R, D) that no network within the pattern can follow."""
    pull = np.random.default_rng(seed).normal(size=(ROWS, WIDTH))
    pull[5] = 0
    pull[3], pull[6] = -pull[2], -pull[0]
    return pull


def pattern():
    return Pattern({COUNTED: torch.tensor([REPRESENTATIVES])})


def within(pull):
    """The part of a pull (R, D) that a network within the pattern can follow."""
    found = pull.copy()
    found[[1, 4]] = 0
    for tie in ([0, 6], [2, 3]):
        found[tie] = found[tie].mean(axis=0)
    return found


def test_within_a_pattern_gradients_outside_it_do_not_count():
    weights = tied_place()
    pull = np.random.default_rng(6).normal(size=(ROWS, WIDTH))
    pulls = [pull + 2 * outside(), outside() - 0.5 * pull]
    c = [0.7, 0.3]
    inside = plain_stationarity([[within(pull)] for pull in pulls], c)
    anywhere = plain_stationarity([[pull] for pull in pulls], c)
    assert abs(inside - anywhere) > 0.05
    targets = targets_for(weights, pulls)
    bound = measured([weights], targets, [c], pattern=pattern())
    assert bound[0] == pytest.approx(inside, rel=1e-4)
    free = measured([weights], targets, [c])
    assert free[0] == pytest.approx(anywhere, rel=1e-4)


def test_within_a_pattern_tasks_that_cancel_but_for_what_is_outside_are_at_rest():
    weights = tied_place()
    pull = within(np.random.default_rng(6).normal(size=(ROWS, WIDTH)))
    targets = targets_for(weights, [3 * pull + outside(), 2 * outside(7) - pull])
    assert measured([weights], targets, [[0.25, 0.75]], pattern=pattern())[0] < 1e-4
    assert measured([weights], targets, [[0.25, 0.75]])[0] > 0.1
    assert measured([weights], targets, [[0.5, 0.5]], pattern=pattern())[0] > 0.1


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("kind", ["spike", "linear"])
def test_within_a_pattern_growl_counts_as_far_as_rows_can_follow(kind, relative):
    theta = plain_theta(kind, ROWS, 2.0)
    sparsity = objective(theta=kind, slope=2.0, relative=relative)
    weights = tied_place()
    norms = np.linalg.norm(weights, axis=1)
    shares = theta[np.argsort(np.argsort(-norms, kind="stable"))]
    for tie in ([0, 6], [2, 3]):
        shares[tie] = shares[tie].mean()
    own = shares[:, None] * weights / np.where(norms > 0, norms, 1)[:, None]
    if relative:
        own = own / norm(weights) / ROWS**0.5
        own -= plain_growl(weights, theta) / norm(weights) ** 3 / ROWS**0.5 * weights
    # The pull outside is far beyond what keeps a row at zero.
    task = -0.4 / 0.6 * own + 3 * norm(own) * outside() / norm(outside())
    targets = targets_for(weights, [task, 0 * task])

    def at(coefficients, **options):
        return measured([weights], targets, [coefficients], sparsity=sparsity, **options)[0]

    assert at([0.4, 0.6, 0.0], pattern=pattern()) < 1e-3
    assert at([0.5, 0.5, 0.0], pattern=pattern()) > 2e-2
    assert at([0.4, 0.6, 0.0]) > 0.2


def test_each_member_within_its_own_pattern():
    weights = tied_place()
    pulls = np.random.default_rng(6).normal(size=(2, ROWS, WIDTH))
    targets, c = targets_for(weights, pulls), [0.7, 0.3]
    both = Pattern({COUNTED: torch.tensor([REPRESENTATIVES, list(range(ROWS))])})
    found = measured([weights] * 2, targets, [c] * 2, pattern=both)
    alone = (
        measured([weights], targets, [c], pattern=pattern())[0],
        measured([weights], targets, [c])[0],
    )
    np.testing.assert_allclose(found, alone, rtol=1e-4)
