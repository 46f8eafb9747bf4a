"""Blocks of several layers, each of which counts by its parameters, whatever its norm."""

import numpy as np
import pytest
import torch

from paretocli.population.recipe import recipe_of
from paretocli.sparsity.balance import over, times
from paretocli.sparsity.layers import Layer, row_norms
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import zero_rows
from paretocli.sparsity.proximal import ProximalOptimizer
from tests.sparsity.convex import convex_growl, minimum, plain_growl, plain_theta
from tests.sparsity.test_proximal import HOOKS
from tests.toys import CPU

ROWS, MEMBERS = 6, 2
KINDS = ["flat", "spike", "linear", "ramp"]
# The second reads the rows the other way round and has two that are in no group; of the third two
# rows are in each.
SHAPES = {"wide": (5, ROWS), "kernel": (2, ROWS + 2, 2), "twice": (1, 2 * ROWS)}
LAYERS = [Layer(name, shape, "hidden", 1) for name, shape in SHAPES.items()]
GROUPING = ((("wide", "0:6"), ("kernel", "5,4,3,2,1,0"), ("twice", "0:6"), ("twice", "6:12")),)
SIZES = {"wide": 5, "kernel": 4, "twice": 2}
BLOCK = "wide + kernel + twice"
ENTRIES = ROWS * 11 + 2 * 4


def objective(kind="flat", **settings):
    settings = SparsitySettings(theta=kind, slope=2.0, **settings)
    return SparsityObjective(LAYERS, settings, CPU, grouping=GROUPING)


def weights(seed=0):
    generator = np.random.default_rng(seed)
    return {
        name: torch.from_numpy(generator.normal(size=(MEMBERS, *shape)))
        for name, shape in SHAPES.items()
    }


def groups_of(tensors, k):
    """The rows (R, D) of each layer's part of the groups, of one network."""
    wide, kernel, twice = (np.asarray(tensors[name][k].detach()) for name in SHAPES)
    kernel = np.stack([kernel[:, row].ravel() for row in range(5, -1, -1)])
    return {"wide": wide.T, "kernel": kernel, "twice": twice.reshape(2, ROWS).T}


def lengths_of(parts):
    """ρ (R,) by its definition."""
    square = 0.0
    for name, rows in parts.items():
        square = square + SIZES[name] / 11 * (rows**2).sum(axis=1) / (rows**2).sum()
    return np.sqrt(square)


def plain_value(tensors, k, kind):
    theta = plain_theta(kind, ROWS, 2.0)
    lengths = lengths_of(groups_of(tensors, k))
    found = ROWS * 11 / ENTRIES / ROWS**0.5 * plain_growl(lengths[:, None], theta)
    alone = np.asarray(tensors["kernel"][k])[:, 6:].swapaxes(0, 1).reshape(2, -1)
    size = np.linalg.norm(alone) * 2**0.5
    return found + 8 / ENTRIES * plain_growl(alone, plain_theta(kind, 2, 2.0)) / size


@pytest.mark.parametrize("kind", KINDS)
def test_the_value_by_its_definition(kind):
    given = weights()
    given["twice"][1, :, [0, 6]] = 0  # two rows of a group whose others are not
    expected = [plain_value(given, k, kind) for k in range(MEMBERS)]
    np.testing.assert_allclose(objective(kind).value(given), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("factor", [1e-6, 0.3, 1e6])
def test_it_does_not_change_with_the_scale_of_any_layer(kind, factor):
    given, made = weights(), objective(kind)
    given["wide"][0, :, 1:] *= 0.01  # uneven: by itself it would be nearly a single row
    value = made.value(given)
    for name in SHAPES:
        scaled = {**given, name: factor * given[name]}
        torch.testing.assert_close(made.value(scaled), value, rtol=1e-9, atol=0)
    absolute = objective(kind, relative=False)
    assert not torch.allclose(absolute.value(scaled), absolute.value(given))


def test_the_absolute_form_takes_rows_as_they_are():
    made, given = objective(relative=False), weights()
    assert made.factors(made.joined(given)) == {}


def test_with_a_flat_theta_it_is_least_where_the_layers_agree():
    made, given = objective(), weights()
    rows = {name: groups_of(given, 0)[name] for name in SHAPES}
    alone = sum(
        SIZES[name] / 11 * np.linalg.norm(part, axis=1).sum() / np.linalg.norm(part) / ROWS**0.5
        for name, part in rows.items()
    )
    assert lengths_of(rows).sum() / ROWS**0.5 > alone + 0.01
    lengths = np.linspace(0.2, 2, ROWS)
    even = {
        name: part / np.linalg.norm(part, axis=1, keepdims=True) * lengths[:, None]
        for name, part in rows.items()
    }
    agreeing = lengths.sum() / np.linalg.norm(lengths)
    assert lengths_of(even).sum() == pytest.approx(agreeing)
    ones = {name: torch.ones(1, *shape) for name, shape in SHAPES.items()}
    assert made.value(ones).item() == pytest.approx(1)


def test_a_layer_of_zeros_has_no_say():
    made, given = objective(), weights()
    given["twice"][:] = 0
    value, gradients = made.value_and_gradients(given)
    parts = groups_of(given, 0)
    square = sum(
        SIZES[name] / 9 * (parts[name] ** 2).sum(axis=1) / (parts[name] ** 2).sum()
        for name in ("wide", "kernel")
    )
    block = made.balanced(given)[BLOCK]
    np.testing.assert_allclose(row_norms(block)[0] / block[0].norm(), np.sqrt(square))
    assert bool(value.isfinite().all())
    assert all(bool(gradient.isfinite().all()) for gradient in gradients.values())
    assert not gradients["twice"].any()
    radial = made.radial_gradients(made.balanced(given))
    assert all(bool(gradient.isfinite().all()) for gradient in radial.values())


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_by_finite_differences(kind):
    made, given = objective(kind), weights()
    _, gradients = made.value_and_gradients(given)
    generator = torch.Generator().manual_seed(1)
    for name, weight in given.items():
        for _ in range(5):
            direction = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
            ahead = made.value({**given, name: weight + 1e-6 * direction})
            behind = made.value({**given, name: weight - 1e-6 * direction})
            slope = (gradients[name] * direction).flatten(1).sum(dim=1)
            torch.testing.assert_close((ahead - behind) / 2e-6, slope, atol=1e-8, rtol=1e-5)
        # It does not change with the layer's scale, but for the rows that are in no group.
        inner = (gradients[name] * weight).flatten(1).sum(dim=1)
        torch.testing.assert_close(inner, torch.zeros_like(inner), atol=1e-12, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_radial_part_and_that_of_growl_are_the_gradient(kind):
    made, given = objective(kind), weights()
    _, gradients = made.value_and_gradients(given)
    joined = made.joined(given)
    factors = made.factors(joined)
    found = over(made.joined(gradients), factors)[BLOCK]
    rows = times(joined, factors)[BLOCK]
    radial = made.radial_gradients({BLOCK: rows})[BLOCK]
    theta = torch.from_numpy(plain_theta(kind, ROWS, 2.0))
    lengths = row_norms(rows)
    slopes = theta[lengths.argsort(dim=1, descending=True).argsort(dim=1)] / lengths
    of_growl = rows * (slopes / made.denominator(BLOCK, rows).unsqueeze(1)).unsqueeze(1)
    torch.testing.assert_close(found, of_growl + radial, rtol=1e-6, atol=1e-9)
    # −(s_B / √R) κ_m V_m / c_m with V = U / ‖U‖, in the metric of U.
    size = rows.flatten(1).norm(dim=1)
    place = 0
    for entries in SIZES.values():
        part = slice(place, place + entries)
        place += entries
        unit = rows[:, part] / size[:, None, None]
        kappa = (slopes * size[:, None] * (unit**2).sum(dim=1)).sum(dim=1)
        expected = -(ROWS * 11 / ENTRIES) / ROWS**0.5 * (kappa / size)[:, None, None] * unit
        torch.testing.assert_close(radial[:, part], expected * 11 / entries, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", ["flat", "linear"])
def test_the_proximal_step_by_a_general_solver(kind):
    import cvxpy as cp

    made, given = objective(kind), weights()
    given["wide"] *= 3
    joined = made.joined(given)
    factors = made.factors(joined)
    rows = times(joined, factors)[BLOCK]
    below = made.denominator(BLOCK, rows)
    step = 0.7 * below
    moved, lone = rows.clone(), torch.zeros(MEMBERS, ROWS, dtype=torch.bool)
    made.shrink_(BLOCK, moved, step, below, lone)
    after = {name: tensor.clone() for name, tensor in given.items()}
    made.blocks.put_(over({**joined, BLOCK: moved}, {BLOCK: factors[BLOCK]}), after)
    for k in range(MEMBERS):
        parts = groups_of(given, k)
        whole = np.sqrt(sum((part**2).sum() for part in parts.values()))
        scales = [np.sqrt(SIZES[n] / 11) * whole / np.linalg.norm(p) for n, p in parts.items()]
        # In the layers' own weights, where the metric differs from layer to layer.
        places = [cp.Variable(part.shape) for part in parts.values()]
        distance = sum(
            0.5 * scale**2 * cp.sum_squares(place - part)
            for scale, place, part in zip(scales, places, parts.values(), strict=True)
        )
        row = cp.hstack([scale * place for scale, place in zip(scales, places, strict=True)])
        minimum(distance + convex_growl(row, 0.7 * plain_theta(kind, ROWS, 2.0)))
        for found, place in zip(groups_of(after, k).values(), places, strict=True):
            np.testing.assert_allclose(found, place.value, atol=2e-5)


# Training


def targets():
    """Where a task would have the weights: groups of unequal length, layers of unequal scale."""
    lengths = torch.tensor([2.0, 1.5, 1.0, 0.5, 0.25, 0.1], dtype=torch.float64)
    found = weights(3)
    found["wide"] *= 1.5 * lengths
    found["kernel"][:, :, :ROWS] *= lengths.flip(0).unsqueeze(1)
    found["twice"] *= 0.7 * lengths.repeat(2)
    return found


def trained(made, name, lr, coefficients, decay=0.0, steps=300):
    """Where steps of ½‖W − T‖² + c f_0 end."""
    aims, given = targets(), {n: w.requires_grad_() for n, w in weights().items()}
    leaves = {n: w.detach()[0].requires_grad_() for n, w in given.items()}
    recipe = recipe_of(HOOKS[name], leaves, lr=lr, weight_decay=decay)
    groups = [one.with_parameters(given, lr) for one in recipe.grouped(given, {}, ())]
    optimizer = ProximalOptimizer(given, made, recipe.kind, groups)
    for step in range(steps):
        for n, weight in given.items():
            weight.grad = weight.detach() - aims[n]
        _, gradients = made.value_and_gradients(given)
        optimizer.param_groups[0]["lr"] = lr * (1 - step / steps)
        optimizer.proximal_step(torch.tensor(coefficients, dtype=torch.float64), gradients)
    return {n: weight.detach() for n, weight in given.items()}


def best(aim, there, factor, decay):
    """The exact rows (n, D) of each layer where the groups that are left are given."""
    rows = {n: torch.tensor(part[there], requires_grad=True) for n, part in aim.items()}
    search = torch.optim.LBFGS(
        list(rows.values()), max_iter=500, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def value():
        search.zero_grad()
        task = sum(0.5 * ((rows[n] - torch.tensor(aim[n][there])) ** 2).sum() for n in rows)
        size = sum(0.5 * decay * (part**2).sum() for part in rows.values())
        square = sum(
            SIZES[n] / 11 * (part**2).sum(dim=1) / (part**2).sum() for n, part in rows.items()
        )
        whole = task + size + factor * square.sqrt().sum()
        whole.backward()
        return whole

    search.step(value)
    return {n: part.detach().numpy() for n, part in rows.items()}


@pytest.mark.parametrize(("name", "lr", "decay"), [("adam", 0.1, 0.0), ("sgd", 0.05, 0.1)])
def test_training_ends_at_the_exact_point(name, lr, decay):
    coefficients = [20.0, 50.0]
    made, aims = objective(), targets()
    found = trained(made, name, lr, coefficients, decay)
    left = []
    for k, coefficient in enumerate(coefficients):
        parts, aim = groups_of(found, k), groups_of(aims, k)
        zero = {n: (rows == 0).all(axis=1) for n, rows in parts.items()}
        assert zero["wide"].tolist() == zero["kernel"].tolist() == zero["twice"].tolist()
        there = ~zero["wide"]
        left.append(there.sum())
        factor = coefficient * ROWS * 11 / ENTRIES / ROWS**0.5
        for n, rows in best(aim, there, factor, decay).items():
            np.testing.assert_allclose(parts[n][there], rows, atol=1e-4)
        # Zero groups: the task pulls at them, as they are measured, no harder than sparsity.
        sizes = {n: (part**2).sum() for n, part in parts.items()}
        pulls = sum(11 / SIZES[n] * sizes[n] * (aim[n] ** 2).sum(axis=1) for n in parts)
        assert (np.sqrt(pulls)[~there] <= factor).all()
    assert ROWS > left[0] > left[1] > 1


def test_a_layer_that_is_frozen_stays_what_it_is():
    made = objective()
    given = {name: weight.requires_grad_() for name, weight in weights().items()}
    given["twice"].requires_grad_(False)
    before = {name: weight.detach().clone() for name, weight in given.items()}
    optimizer = ProximalOptimizer(
        given, made, torch.optim.Adam, torch.optim.Adam(list(given.values()), 0.1).param_groups
    )
    for _ in range(3):
        for weight in given.values():
            weight.grad = torch.ones_like(weight) if weight.requires_grad else None
        _, gradients = made.value_and_gradients(given)
        optimizer.proximal_step(torch.ones(MEMBERS, dtype=torch.float64), gradients)
    # All of its block too; the rows that are in no group go on.
    assert torch.equal(given["wide"], before["wide"])
    assert torch.equal(given["twice"], before["twice"])
    assert torch.equal(given["kernel"][:, :, :ROWS], before["kernel"][:, :, :ROWS])
    assert not zero_rows(given["kernel"] - before["kernel"])[:, ROWS:].any()
