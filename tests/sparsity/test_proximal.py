import io
from functools import cache, partial

import numpy as np
import pytest
import torch

from paretocli.errors import InputError
from paretocli.population.optimizers import OPTIMIZERS
from paretocli.population.recipe import recipe_of
from paretocli.sparsity.layers import Layer, row_norms
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import present_pattern, zero_rows
from paretocli.sparsity.preconditioners import LONGEST, PRECONDITIONERS
from paretocli.sparsity.proximal import ProximalOptimizer
from tests.sparsity.convex import (
    convex_growl,
    distance_to_subgradients,
    matrix_of,
    minimum,
    plain_growl,
    plain_theta,
)
from tests.toys import CPU

NAMES = ["adam", "adamw", "nadam", "radam", "sgd", "adafactor"]
HOOKS = {
    **OPTIMIZERS,
    "adafactor": torch.optim.Adafactor,
    "adafactor, unclipped": partial(torch.optim.Adafactor, d=1e6, eps=(1e-20, 0.5)),
    "adam, amsgrad": partial(torch.optim.Adam, amsgrad=True, eps=1e-3),
    "adam, decoupled": partial(torch.optim.Adam, decoupled_weight_decay=True),
    "nadam, decoupled": partial(torch.optim.NAdam, decoupled_weight_decay=True, momentum_decay=0.1),
    "radam, decoupled": partial(torch.optim.RAdam, decoupled_weight_decay=True),
    "sgd, plain": torch.optim.SGD,
    "sgd, heavy ball": partial(torch.optim.SGD, momentum=0.7),
    "sgd, dampened": partial(torch.optim.SGD, momentum=0.8, dampening=0.3),
}
SHAPES = {"matrix": (3, 8), "kernel": (2, 5, 2, 2)}
RATES = {"adam": 0.05, "adamw": 0.05, "nadam": 0.05, "radam": 0.05, "sgd": 0.01, "adafactor": 0.3}
ABSOLUTE = [0.15, 0.6, 1.5]
RELATIVE = [2.0, 8.0, 20.0]


def lengthened(matrix, lengths):
    """A matrix whose rows have the given lengths."""
    return matrix * (np.array(lengths) / np.linalg.norm(matrix, axis=1))[:, None]


@cache
def data():
    """X and Y of the matrix's loss, and the kernel T that the other layer should be."""
    generator = np.random.default_rng(5)
    left, _ = np.linalg.qr(generator.normal(size=(24, 8)))
    right, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    inputs = left * np.linspace(0.9, 1.3, 8) @ right.T
    truth = lengthened(generator.normal(size=(8, 3)), [3, 2, 2, 1.2, 0.7, 0.4, 0.1, 0])
    targets = inputs @ truth + 0.02 * generator.normal(size=(24, 3))
    rows = lengthened(generator.normal(size=(5, 8)), [4, 1.8, 1.1, 0.4, 0.05])
    return inputs, targets, rows.reshape(5, 2, 2, 2).swapaxes(0, 1)


def pull(name, weight):
    """The gradient of the task at one network's weight (out, R, …): ½‖XW − Y‖² and ½‖W − T‖²."""
    inputs, targets, kernel = data()
    if name == "kernel":
        return weight - kernel
    return (inputs.T @ (inputs @ weight.T - targets)).T


def loss(name, matrix):
    """The task's loss of one layer, at its matrix (R, D)."""
    inputs, targets, kernel = data()
    if name == "kernel":
        return 0.5 * ((matrix - matrix_of(kernel)) ** 2).sum()
    return 0.5 * ((inputs @ matrix - targets) ** 2).sum()


@cache
def best(name, kind, slope, coefficient, decay):
    """Where a layer's loss + c·Ω + decay/2 ‖W‖² is least and how much, by a convex solver."""
    import cvxpy as cp

    inputs, targets, kernel = data()
    rows, width = matrix_of(np.zeros(SHAPES[name])).shape
    place = cp.Variable((rows, width))
    error = place - matrix_of(kernel) if name == "kernel" else inputs @ place - targets
    smooth = 0.5 * cp.sum_squares(error) + 0.5 * decay * cp.sum_squares(place)
    growl = convex_growl(place, coefficient * plain_theta(kind, rows, slope))
    return minimum(smooth + growl), place.value


def objective(theta="spike", **settings):
    layers = [Layer(name, shape, "hidden", 1) for name, shape in SHAPES.items()]
    return SparsityObjective(layers, SparsitySettings(theta=theta, **settings), CPU)


def start(members, seed=0):
    """Weights (K, out, R, …), kernels with the channels last as in a population."""
    generator = np.random.default_rng(seed)
    weights = {}
    for name, shape in SHAPES.items():
        one = torch.from_numpy(generator.normal(size=shape))
        stacked = one.expand(members, *shape).clone()
        if name == "kernel":
            stacked = stacked.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
        weights[name] = stacked.requires_grad_()
    return weights


def descend(optimizer, made, weights, coefficients, rates, factor=1.0):
    """Steps of c·f_0 + factor·task from one rate to the next."""
    numbers = factor * torch.tensor(coefficients, dtype=torch.float64)
    for rate in rates:
        for name, weight in weights.items():
            found = [factor * pull(name, w) for w in weight.detach().numpy()]
            weight.grad = torch.from_numpy(np.stack(found))
        optimizer.param_groups[0]["lr"] = rate
        optimizer.proximal_step(numbers)


def proximal(weights, made, name, *, lr, weight_decay, **options):
    """The proximal form of an optimiser of all weights."""
    leaves = {layer: w.detach()[0].requires_grad_() for layer, w in weights.items()}
    recipe = recipe_of(HOOKS[name], leaves, lr=lr, weight_decay=weight_decay)
    groups = [one.with_parameters(weights, lr) for one in recipe.grouped(weights, {}, ())]
    return ProximalOptimizer(weights, made, recipe.kind, groups, **options)


def falling(rate, steps):
    """A decreasing learning rate."""
    return [rate * (1 - step / steps) for step in range(steps)]


def trained(name, made, coefficients, *, steps=300, factor=1.0, decay=0.0, **options):
    weights = start(len(coefficients))
    lr = RATES[name]
    optimizer = proximal(weights, made, name, lr=lr, weight_decay=decay, **options)
    rates = falling(lr / factor if name == "sgd" else lr, steps)
    descend(optimizer, made, weights, coefficients, rates, factor)
    return {layer: weight.detach() for layer, weight in weights.items()}


# A last row


def moved_by_sparsity_alone(name, made, weights, coefficient, **options):
    """What many steps make of weights that no task pulls at."""
    numbers = torch.full((len(weights["matrix"]),), coefficient, dtype=torch.float64)
    optimizer = proximal(weights, made, name, lr=0.04, weight_decay=0, **options)
    # Long enough for the running means to forget how the weights came there.
    for _ in range(250):
        for weight in weights.values():
            weight.grad = torch.zeros_like(weight)
        optimizer.proximal_step(numbers)
    return {layer: weight.detach() for layer, weight in weights.items()}


@pytest.mark.parametrize(
    ("name", "coefficient"),
    [("adam", 0.01), ("sgd", 1.0), ("adamw", 100.0), ("adam", 100.0), ("sgd", 100.0)],
)
def test_a_layer_with_one_row_left_stays_where_nothing_else_moves_it(name, coefficient):
    weights = start(2)
    with torch.no_grad():
        for weight in weights.values():
            weight[0, :, 1:] = 0
    before = {layer: weight.detach().clone() for layer, weight in weights.items()}
    found = moved_by_sparsity_alone(name, objective(theta="flat"), weights, coefficient)
    for layer, weight in found.items():
        torch.testing.assert_close(weight[0], before[layer][0])
        # The other network has more rows; the strongest pull leaves one of them, and that stays.
        norms = row_norms(weight)[1]
        assert norms.max() < 100
        assert coefficient < 100 or (norms > 0).sum() == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [2, 3])
def test_a_layer_with_one_cluster_left_stays_as_well(name, rows):
    """Ties are of one length, so that f_0 is the same at any."""
    weights = start(1)
    with torch.no_grad():
        for weight in weights.values():
            weight[:, :, :rows] = weight[:, :, :1]
            weight[:, :, rows:] = 0
    before = {layer: weight.detach().clone() for layer, weight in weights.items()}
    made = objective(theta="flat").within(present_pattern(weights))
    found = moved_by_sparsity_alone(name, made, weights, 1.0, zeros_allowed=False)
    for layer, weight in found.items():
        torch.testing.assert_close(weight, before[layer])


@pytest.mark.parametrize("name", NAMES)
def test_a_last_row_follows_its_task(name):
    """As with the plain optimiser: f_0 asks nothing of it."""
    made, weights = objective(theta="flat"), start(1)
    with torch.no_grad():
        for weight in weights.values():
            weight[:, :, 1:] = 0
    plain = {layer: weight.detach().clone().requires_grad_() for layer, weight in weights.items()}
    targets = {layer: weight.detach() + 1 for layer, weight in weights.items()}
    ours = proximal(weights, made, name, lr=0.04, weight_decay=0)
    theirs = HOOKS["sgd"](list(plain.values()), lr=0.04, weight_decay=0)
    for _ in range(250):
        for layer, weight in weights.items():
            weight.grad = (weight - targets[layer]).detach()
            plain[layer].grad = (plain[layer] - targets[layer]).detach()
            for tensor in (weight, plain[layer]):
                tensor.grad[:, :, 1:] = 0
        ours.proximal_step(torch.ones(1, dtype=torch.float64))
        theirs.step()
    for layer, weight in weights.items():
        torch.testing.assert_close(weight, plain[layer], atol=1e-3, rtol=1e-3)


# Where it ends


@pytest.mark.parametrize(
    ("name", "kind", "slope", "decay"),
    [
        ("adam", "spike", 1.0, 0.0),
        ("adam", "linear", 2.0, 0.0),
        ("adam", "linear", 2.0, 0.4),
        ("adamw", "linear", 2.0, 0.0),
        ("nadam", "linear", 2.0, 0.0),
        ("nadam", "spike", 1.0, 0.4),
        ("radam", "linear", 2.0, 0.0),
        ("radam", "spike", 1.0, 0.4),
        ("sgd", "flat", 0.0, 0.0),
        ("sgd", "spike", 1.0, 0.0),
        ("sgd", "linear", 2.0, 0.0),
        ("sgd", "linear", 2.0, 0.4),
    ],
)
def test_each_member_ends_at_the_optimum_of_its_own_coefficient(name, kind, slope, decay):
    made = objective(theta=kind, slope=slope, relative=False)
    # While it knows little of the gradients' size, it steps less.
    steps = 900 if name == "radam" else 300
    found = trained(name, made, ABSOLUTE, decay=decay, steps=steps)
    for layer, weights in found.items():
        left = []
        for weight, coefficient in zip(weights, ABSOLUTE, strict=True):
            matrix = matrix_of(weight)
            least, place = best(layer, kind, slope, coefficient, decay)
            growl = coefficient * plain_growl(matrix, plain_theta(kind, len(matrix), slope))
            value = loss(layer, matrix) + growl + 0.5 * decay * (matrix**2).sum()
            assert value == pytest.approx(least, rel=1e-5)
            np.testing.assert_allclose(matrix, place, atol=5e-3)
            zero = (matrix == 0).all(axis=1)
            assert zero.tolist() == (np.linalg.norm(place, axis=1) < 1e-5).tolist()
            left.append((~zero).sum())
        # What is left differs, so a step that forgets the coefficients is found out.
        assert left[0] > left[1] > left[2] > 0


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_with_the_relative_form_the_end_is_stationary(name):
    kind, slope = "linear", 2.0
    made = objective(theta=kind, slope=slope)
    found = trained(name, made, RELATIVE, steps=500)
    total = sum(weights[0].numel() for weights in found.values())
    zero = []
    for layer, weights in found.items():
        for weight, coefficient in zip(weights.numpy(), RELATIVE, strict=True):
            matrix = matrix_of(weight)
            theta = plain_theta(kind, len(matrix), slope)
            size = np.linalg.norm(matrix)
            # c · share · Ω(W) / (‖W‖ √R): the factor before Ω, and the gradient of the rest.
            factor = coefficient * weight.size / total / (size * len(matrix) ** 0.5)
            of_size = -factor * plain_growl(matrix, theta) / size**2 * matrix
            smooth = matrix_of(pull(layer, weight)) + of_size
            assert distance_to_subgradients(matrix, -smooth / factor, theta, tied=1e-3) < 1e-3
            # And with a slightly different coefficient it is not.
            other = matrix_of(pull(layer, weight)) / 1.1 + of_size
            assert distance_to_subgradients(matrix, -other / factor, theta, tied=1e-3) > 2e-2
            zero.append(int((matrix == 0).all(axis=1).sum()))
    assert zero[0] < zero[2]
    assert zero[3] < zero[5]


@pytest.mark.parametrize("name", ["adam", "adamw"])
@pytest.mark.parametrize("relative", [True, False])
def test_the_scale_of_the_whole_does_not_matter_to_adam(name, relative):
    # With another θ, rounding decides which of two equally long rows counts as the longer one, and
    # that the size of a step.
    made = objective("flat", relative=relative)
    coefficients = RELATIVE if relative else ABSOLUTE
    plain = trained(name, made, coefficients, steps=40)
    scaled = trained(name, made, coefficients, steps=40, factor=1e3)
    for layer, weights in plain.items():
        torch.testing.assert_close(scaled[layer], weights, atol=1e-6, rtol=0)


def test_the_scale_of_the_whole_and_the_rate_make_up_for_each_other_with_sgd():
    plain = trained("sgd", objective(), RELATIVE, steps=40)
    scaled = trained("sgd", objective(), RELATIVE, steps=40, factor=8.0)
    for layer, weights in plain.items():
        torch.testing.assert_close(scaled[layer], weights)


@pytest.mark.parametrize("name", NAMES)
def test_each_member_alone(name):
    together = trained(name, objective("flat"), RELATIVE, steps=25)
    for k, coefficient in enumerate(RELATIVE):
        alone = trained(name, objective("flat"), [coefficient], steps=25)
        for layer, weights in together.items():
            torch.testing.assert_close(weights[k], alone[layer][0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_a_coefficient_that_goes_up_and_down_counts_by_its_mean(name):
    made = objective(relative=False)
    weights = start(1)
    optimizer = proximal(weights, made, name, lr=RATES[name], weight_decay=0.0)
    for step, rate in enumerate(falling(RATES[name], 300)):
        descend(optimizer, made, weights, [0.0 if step % 3 else 3 * 0.6], [rate])
    steady = trained(name, made, [0.6])
    for layer, weight in weights.items():
        assert torch.equal(weight == 0, steady[layer] == 0)
        torch.testing.assert_close(weight.detach(), steady[layer], atol=0.05, rtol=0)


# One step


def test_one_step_of_sgd_by_hand():
    layers = [Layer("w", (1, 2), "hidden", 1)]
    made = SparsityObjective(layers, SparsitySettings(theta="flat", relative=False), CPU)
    weights = torch.tensor([[[2.0, 0.5]]], requires_grad=True)
    optimizer = proximal({"w": weights}, made, "sgd", lr=0.1, weight_decay=0.0)
    weights.grad = torch.tensor([[[1.0, -1.0]]])
    optimizer.proximal_step(torch.tensor([0.8]))
    # Momentum 0.9 with Nesterov goes 1.9 · 0.1 far; the proximal step is of 0.1 / (1 − 0.9).
    np.testing.assert_allclose(weights.detach(), [[[2 - 0.19 - 0.8, 0]]], rtol=1e-6)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_the_first_step_of_adam_by_hand(name):
    layers = [Layer("w", (1, 2), "hidden", 1)]
    made = SparsityObjective(layers, SparsitySettings(theta="flat", relative=False), CPU)
    weights = torch.tensor([[[2.0, 0.5]]], requires_grad=True)
    optimizer = proximal({"w": weights}, made, name, lr=0.1, weight_decay=0.0)
    weights.grad = torch.tensor([[[3.0, -4.0]]])
    optimizer.proximal_step(torch.tensor([5.0]))
    # The full gradient is (8, 1): one preconditioner for all entries, its root mean square.
    size = 0.1 / np.sqrt((64 + 1) / 2)
    expected = [2 - 3 * size - 5 * size, 0.5 + 4 * size - 5 * size]
    np.testing.assert_allclose(weights.detach(), [[expected]], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "decay"),
    [(name, decay) for name in HOOKS for decay in (0.0, 0.3)],
)
def test_for_one_number_without_sparsity_it_is_the_plain_optimiser(name, decay):
    made = SparsityObjective(
        [Layer("w", (1, 1), "hidden", 1)], SparsitySettings(relative=False), CPU
    )
    one = torch.tensor([[[3.0]], [[-1.0]]], dtype=torch.float64, requires_grad=True)
    # Each network by itself: Adafactor's steps go by the size of all that it is given.
    others = [number.detach().clone().requires_grad_() for number in one.reshape(2, 1)]
    ours = proximal({"w": one}, made, name, lr=0.05, weight_decay=decay)
    plain = [HOOKS[name]([other], lr=0.05, weight_decay=decay) for other in others]
    for optimizer in plain:
        (group,) = optimizer.param_groups
        if "betas" in group:
            group["betas"] = (group["betas"][0], LONGEST)
    for _ in range(25):
        one.grad = 2 * (one.detach() - 1) + torch.tensor([[[0.5]], [[-2.0]]])
        for other, number in zip(others, (0.5, -2.0), strict=True):
            other.grad = 2 * (other.detach() - 1) + number
        ours.proximal_step(torch.zeros(2, dtype=torch.float64))
        for optimizer in plain:
            optimizer.step()
    # Torch keeps a product of Nadam's in single precision.
    rtol = 1e-6 if name.startswith("nadam") else 1e-9
    torch.testing.assert_close(one.reshape(2, 1), torch.stack(others), rtol=rtol, atol=1e-9)


def test_there_is_a_rule_for_each_optimiser():
    made = {type(HOOKS[name]([torch.zeros(1)], lr=0.1, weight_decay=0.0)) for name in HOOKS}
    assert made == set(PRECONDITIONERS)


def test_an_optimiser_without_a_rule():
    class Derived(torch.optim.Adam):
        pass

    for kind in (torch.optim.Rprop, Derived):
        with pytest.raises(
            InputError, match=rf"Adafactor of torch\), found {kind.__name__}; choose"
        ):
            ProximalOptimizer(start(1), objective(), kind, [])


# Zero rows


@pytest.mark.parametrize("name", NAMES)
def test_where_zeros_are_forbidden_there_is_none(name):
    made = objective(relative=False)
    found = trained(name, made, [8.0], steps=60, zeros_allowed=False)
    assert all((weights != 0).all() for weights in found.values())
    free = trained(name, made, [8.0], steps=60)
    assert all((~zero_rows(weights)).sum() == 1 for weights in free.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_row_that_the_task_needs_comes_back(name):
    made = objective(relative=False)
    weights = start(1)
    with torch.no_grad():
        weights["matrix"][:, :, 0] = 0
    optimizer = proximal(weights, made, name, lr=RATES[name], weight_decay=0.0)
    descend(optimizer, made, weights, [0.1], [RATES[name]] * 50)
    assert (weights["matrix"][:, :, 0] != 0).all()


# The state


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_sixty_steps_at_once_and_in_two_halves(name, relative):
    made = objective(relative=relative)
    rates = falling(RATES[name], 60)
    coefficients = RELATIVE if relative else ABSOLUTE

    def fresh(weights):
        return proximal(weights, made, name, lr=1.0, weight_decay=0.01)

    straight = start(3)
    optimizer = fresh(straight)
    descend(optimizer, made, straight, coefficients, rates[:30])
    buffer = io.BytesIO()
    state = {"weights": {n: w.detach() for n, w in straight.items()}, "it": optimizer.state_dict()}
    torch.save(state, buffer)
    buffer.seek(0)
    descend(optimizer, made, straight, coefficients, rates[30:])

    loaded = torch.load(buffer, weights_only=True)
    resumed = start(3, seed=1)
    other = fresh(resumed)
    descend(other, made, resumed, coefficients, rates[:7])
    with torch.no_grad():
        for layer, weight in resumed.items():
            weight.copy_(loaded["weights"][layer])
    other.load_state_dict(loaded["it"])
    descend(other, made, resumed, coefficients, rates[30:])
    for layer, weight in straight.items():
        assert torch.equal(resumed[layer], weight), layer
