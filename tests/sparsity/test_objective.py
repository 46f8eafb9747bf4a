import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from paretocli.errors import InputError
from paretocli.sparsity.layers import Layer, over_rows, per_member, row_norms
from paretocli.sparsity.objective import Around, SparsityObjective, SparsitySettings
from tests.sparsity.convex import (
    convex_growl,
    distance_to_subgradients,
    matrix_of,
    minimum,
    plain_growl,
    plain_theta,
)
from tests.toys import CPU

KINDS = ["flat", "spike", "linear", "ramp"]
SHAPES = {"kernel": (4, 6, 2, 3), "matrix": (5, 9)}
FORMS = [(kind, slope, relative) for kind in KINDS for slope in (0.0, 2.0) for relative in (0, 1)]

kinds = st.sampled_from(KINDS)
slopes = st.floats(0, 5, allow_subnormal=False)


def objective(shapes=SHAPES, theta="spike", **settings):
    layers = [Layer(name, tuple(shape), "hidden", 1) for name, shape in shapes.items()]
    return SparsityObjective(layers, SparsitySettings(theta=theta, **settings), CPU)


def random_weights(members=2, shapes=SHAPES, seed=0):
    generator = np.random.default_rng(seed)
    return {
        name: torch.from_numpy(generator.normal(size=(members, *shape)))
        for name, shape in shapes.items()
    }


def plain_value(weights, kind, slope, relative):
    """f_0 of one network from its weights by name."""
    total = sum(weight.numel() for weight in weights.values())
    value = 0.0
    for weight in weights.values():
        matrix = matrix_of(weight)
        part = plain_growl(matrix, plain_theta(kind, len(matrix), slope))
        if relative:
            part *= weight.numel() / total
            part /= np.sqrt((matrix**2).sum()) * len(matrix) ** 0.5
        value += part
    return value


def denominators(made, weights):
    """What each block's Ω is divided by in f_0 (K,), by name."""
    factors = made.around(made.lengths(weights)).factors
    return dict(zip(weights, (1 / factors).unbind(dim=1), strict=True))


def radials(made, weights):
    """The gradients of what is smooth in f_0 (K, …), by name."""
    found = made.around(made.lengths(weights)).radial.unbind(dim=1)
    each = zip(weights.items(), found, strict=True)
    return {name: per_member(factor, weight) * weight for (name, weight), factor in each}


def one_layer(rows, width=3, **settings):
    return objective({"w": (width, rows)}, **settings)


# The value


@pytest.mark.parametrize(("kind", "slope", "relative"), FORMS)
def test_the_value_by_its_definition(kind, slope, relative):
    weights = random_weights(3)
    weights["matrix"][1, :, 4] = 0
    weights["kernel"][2, :, 1:] = 0
    found = objective(theta=kind, slope=slope, relative=bool(relative)).value(weights)
    assert found.shape == (3,)
    for k in range(3):
        own = {name: weight[k] for name, weight in weights.items()}
        expected = plain_value(own, kind, slope, relative)
        assert found[k].item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_relative_value_is_one_for_equally_long_rows(kind):
    weights = random_weights()
    for (name, weight), length in zip(weights.items(), (1.7, 0.1), strict=True):
        weights[name] = over_rows(length / row_norms(weight), weight) * weight
    np.testing.assert_allclose(objective(theta=kind).value(weights), [1, 1], rtol=1e-6)


def test_without_slope_it_is_the_root_of_the_share_of_rows_left():
    weights = torch.zeros(1, 3, 16)
    weights[:, :, :4] = torch.tensor([[1.0], [-2.0], [0.5]])
    found = one_layer(16, slope=0.0).value({"w": weights})
    np.testing.assert_allclose(found, [0.5], rtol=1e-6)


@pytest.mark.parametrize("factor", [1e-6, 0.3, 1e6])
def test_the_relative_value_does_not_change_with_a_layers_scale(factor):
    weights = random_weights()
    scaled = {**weights, "kernel": factor * weights["kernel"]}
    torch.testing.assert_close(objective().value(scaled), objective().value(weights))
    absolute = objective(relative=False)
    without = absolute.value({**weights, "kernel": 0 * weights["kernel"]})
    expected = without + factor * (absolute.value(weights) - without)
    torch.testing.assert_close(absolute.value(scaled), expected)


def test_layers_that_are_not_counted_do_not_count():
    weights = random_weights()
    value = objective().value(weights)
    assert torch.equal(objective().value({**weights, "other": torch.randn(2, 9, 9)}), value)
    assert objective().names == ("kernel", "matrix")


def test_a_layer_of_zeros():
    weights = {name: torch.zeros_like(weight) for name, weight in random_weights().items()}
    for relative in (True, False):
        made = objective(relative=relative)
        assert made.value(weights).tolist() == [0, 0]
        assert all((gradient == 0).all() for gradient in made.gradients(weights).values())
        radial = radials(made, weights)
        assert all((gradient == 0).all() for gradient in radial.values())


def test_an_unknown_theta():
    with pytest.raises(InputError, match="no theta named 'steep'"):
        objective(theta="steep")


# Its smallest value


@settings(deadline=None)
@given(
    st.integers(1, 8).flatmap(
        lambda rows: arrays(
            float, (rows, 2), elements=st.sampled_from([0.0]) | st.floats(-9, 9, width=16)
        )
    ),
    kinds,
    slopes,
)
def test_no_network_is_below_the_smallest_value(matrix, kind, slope):
    made = one_layer(len(matrix), 2, theta=kind, slope=slope)
    value = made.value({"w": torch.from_numpy(matrix.T.copy())[None]}).item()
    if matrix.any():
        assert value >= made.smallest() - 1e-6


@pytest.mark.parametrize("share", [0.2, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_no_network_is_below_it_where_rows_have_to_stay(kind, share):
    made = one_layer(10, theta=kind, max_layer_sparsity=share)
    weights = torch.full((1, 3, 10), 1e-4)
    weights[:, :, 0] = 1
    assert made.value({"w": weights}).item() >= made.smallest()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", [0.0, 1.0, 6.0])
@pytest.mark.parametrize("rows", [1, 4, 30])
def test_the_smallest_value_is_reached(kind, slope, rows):
    made = one_layer(rows, theta=kind, slope=slope)
    values = []
    for left in range(1, rows + 1):
        weights = torch.zeros(1, 3, rows)
        weights[:, :, :left] = torch.tensor([[0.3], [-1.0], [2.0]])
        values.append(made.value({"w": weights}).item())
    assert min(values) == pytest.approx(made.smallest(), rel=1e-5)


def test_the_smallest_value_of_several_layers_is_their_mean_by_size():
    parts = [objective({name: shape}) for name, shape in SHAPES.items()]
    sizes = [4 * 6 * 2 * 3, 5 * 9]
    expected = sum(n * part.smallest() for n, part in zip(sizes, parts, strict=True)) / sum(sizes)
    assert objective().smallest() == pytest.approx(expected, rel=1e-6)


def test_the_smallest_absolute_value_is_zero():
    assert objective(relative=False).smallest() == 0


# Gradients


@pytest.mark.parametrize(("kind", "slope", "relative"), FORMS)
def test_gradients_by_finite_differences(kind, slope, relative):
    made = objective(theta=kind, slope=slope, relative=bool(relative))
    weights = random_weights()
    gradients = made.gradients(weights)
    assert set(gradients) == set(SHAPES)
    generator = torch.Generator().manual_seed(1)
    for name, weight in weights.items():
        for _ in range(5):
            direction = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
            ahead = made.value({**weights, name: weight + 1e-6 * direction})
            behind = made.value({**weights, name: weight - 1e-6 * direction})
            slope_there = (gradients[name] * direction).flatten(1).sum(dim=1)
            torch.testing.assert_close((ahead - behind) / 2e-6, slope_there, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_at_zero_and_equal_rows_is_a_subgradient(kind, relative):
    made = objective(theta=kind, slope=2.0, relative=relative)
    weights = random_weights()
    weights["kernel"][:, :, 2] = 0
    weights["matrix"][:, :, [0, 5]] = 0
    weights["matrix"][:, :, 3] = weights["matrix"][:, :, 7]
    gradients = made.gradients(weights)
    radial = radials(made, weights)
    assert (gradients["kernel"][:, :, 2] == 0).all()
    assert (gradients["matrix"][:, :, [0, 5]] == 0).all()
    for name, weight in weights.items():
        own = gradients[name] - radial[name] if relative else gradients[name]
        scale = denominators(made, weights)[name]
        for k in range(2):
            matrix = matrix_of(weight[k])
            theta = plain_theta(kind, len(matrix), 2.0)
            pull = matrix_of(own[k] * scale[k])
            assert distance_to_subgradients(matrix, pull, theta) < 1e-6


def test_only_the_values_are_asked_for():
    weights = {name: weight.requires_grad_() for name, weight in random_weights().items()}
    gradients = objective().gradients(weights)
    assert not any(gradient.requires_grad for gradient in gradients.values())
    assert all(weight.grad is None for weight in weights.values())


def test_the_value_can_be_differentiated():
    weights = {name: weight.requires_grad_() for name, weight in random_weights().items()}
    gradients = objective().gradients(weights)
    objective().value(weights).sum().backward()
    for name, weight in weights.items():
        torch.testing.assert_close(weight.grad, gradients[name])


@pytest.mark.parametrize(("kind", "slope"), [("spike", 1.0), ("linear", 3.0), ("ramp", 0.0)])
def test_the_radial_part_and_that_of_growl_are_the_gradient(kind, slope):
    made = objective(theta=kind, slope=slope)
    weights = random_weights()
    gradients = made.gradients(weights)
    radial = radials(made, weights)
    total = sum(weight[0].numel() for weight in weights.values())
    for name, weight in weights.items():
        for k in range(2):
            matrix = matrix_of(weight[k])
            norms = np.linalg.norm(matrix, axis=1)
            size = np.linalg.norm(norms)
            theta = plain_theta(kind, len(matrix), slope)
            share = weight[k].numel() / total / len(matrix) ** 0.5
            places = np.argsort(np.argsort(-norms))
            of_growl = share / size * theta[places, None] * matrix / norms[:, None]
            of_size = -share * plain_growl(matrix, theta) / size**3 * matrix
            np.testing.assert_allclose(matrix_of(radial[name][k]), of_size, rtol=1e-6)
            found = matrix_of(gradients[name][k])
            np.testing.assert_allclose(found, of_growl + of_size, rtol=1e-6, atol=1e-9)
            assert denominators(made, weights)[name][k].item() == pytest.approx(size / share)


def test_the_absolute_form_has_no_radial_part():
    made = objective(relative=False)
    around = made.around(made.lengths(random_weights()))
    assert (around.radial == 0).all()
    assert (around.factors == 1).all()


# The proximal step


def stepped(made, name, weights, step, denominator=None, **options):
    """What the proximal step makes of weights (K, out, R, …); the other blocks are of ones."""
    members, blocks = len(weights), made.blocks.each
    below = torch.ones(members, dtype=weights.dtype) if denominator is None else denominator
    lengths = made.lengths(
        {
            block.name: weights if block.name == name else weights.new_ones(members, 1, block.rows)
            for block in blocks
        }
    )
    factors = (1 / below).unsqueeze(1).expand(members, len(blocks))
    none = torch.zeros_like(lengths, dtype=torch.bool)
    before = Around(factors, factors, factors, lengths, none)
    size = torch.as_tensor(step, dtype=weights.dtype).expand(members)
    found = made.shrunk(lengths, size.unsqueeze(1).expand_as(factors), before, **options)
    places = [block.name for block in blocks]
    return weights * over_rows(made.apart(found)[places.index(name)], weights)


@pytest.mark.parametrize("name", ["kernel", "matrix"])
def test_the_proximal_step_by_a_general_solver(name):
    import cvxpy as cp

    made = objective(theta="linear", slope=2.0)
    weights = random_weights()[name]
    weights[:, :, 1] = 0
    weights[:, :, 3] = weights[:, :, 0]
    steps, denominator = torch.tensor([0.4, 3.0]), torch.tensor([2.0, 1.5])
    found = stepped(made, name, weights, steps, denominator)
    for k in range(2):
        matrix = matrix_of(weights[k])
        theta = (steps[k] / denominator[k]).item() * plain_theta("linear", len(matrix), 2.0)
        place = cp.Variable(matrix.shape)
        minimum(0.5 * cp.sum_squares(place - matrix) + convex_growl(place, theta))
        np.testing.assert_allclose(matrix_of(found[k]), place.value, atol=2e-5)
    assert (found[:, :, 1] == 0).all()


@pytest.mark.parametrize(
    ("rows", "share", "left"),
    [
        (10, 0.0, 10),
        (10, 0.5, 5),
        (7, 0.5, 4),
        (10, 0.9, 1),
        (30, 0.9, 3),
        (10, 0.7, 3),
        (20, 0.85, 3),
        (10, 0.99, 1),
        (10, 1.0, 1),
        (1, 1.0, 1),
    ],
)
def test_as_many_rows_stay_as_have_to(rows, share, left):
    weights = torch.randn(3, 4, rows, generator=torch.Generator().manual_seed(rows))
    made = one_layer(rows, 4, max_layer_sparsity=share)
    found = stepped(made, "w", weights, 1e3)
    for k in range(3):
        longest = weights[k].norm(dim=0).argsort(descending=True)
        # Those that stay keep their length, so no step can wear them down.
        torch.testing.assert_close(found[k][:, longest[:left]], weights[k][:, longest[:left]])
        assert (found[k][:, longest[left:]] == 0).all()


def test_the_last_row_shrinks_like_others_where_it_can():
    # θ is 1 but for the first: 2 / 1.25 and 1 / 1.25.
    weights = torch.tensor([[[5.0, 2.0, 1.0, 0.5]]])
    found = stepped(one_layer(4, 1), "w", weights, 1.25)
    np.testing.assert_allclose(found, [[[3, 1, 0, 0]]])
    found = stepped(one_layer(4, 1), "w", weights, 2.5)
    np.testing.assert_allclose(found, [[[1, 0, 0, 0]]])


def test_rows_at_the_limit_keep_their_length():
    weights = torch.tensor([[[5.0, 2.0, 1.0, 0.5]]])
    limited = one_layer(4, 1, max_layer_sparsity=0.5)
    np.testing.assert_allclose(stepped(limited, "w", weights, 0.25), [[[4.6, 1.8, 0.8, 0.3]]])
    for step in (1.25, 2.5):
        np.testing.assert_allclose(stepped(limited, "w", weights, step), [[[5, 2, 0, 0]]])


def test_equally_long_rows_are_not_all_kept():
    found = stepped(one_layer(6), "w", torch.ones(2, 3, 6), 1e3)
    assert (found != 0).any(dim=1).sum(dim=1).tolist() == [1, 1]


def test_zero_rows_stay_zero_however_many_have_to_stay():
    weights = torch.zeros(1, 3, 5)
    weights[:, :, 2] = 1
    for step in (0.0, 0.1, 1e3):
        found = stepped(one_layer(5, max_layer_sparsity=0.0), "w", weights, step)
        assert (found[:, :, [0, 1, 3, 4]] == 0).all()
        assert (found[:, :, 2] > 0).all()
    all_zero = torch.zeros(1, 3, 5)
    assert (stepped(one_layer(5), "w", all_zero, 1.0) == 0).all()


@settings(deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 50), st.floats(0, 1), kinds)
def test_where_zeros_are_forbidden_there_is_none(seed, step, share, kind):
    weights = torch.from_numpy(np.random.default_rng(seed).normal(size=(2, 3, 7)))
    weights[0, :, 2] = 0
    made = one_layer(7, theta=kind, slope=2.0, max_layer_sparsity=share)
    found = stepped(made, "w", weights, step, zeros_allowed=False)
    zero = (found == 0).all(dim=1)
    assert torch.equal(zero, (weights == 0).all(dim=1))
    free = stepped(one_layer(7, theta=kind, slope=2.0), "w", weights, step)
    torch.testing.assert_close(found[free != 0], free[free != 0])


def test_no_step_changes_nothing():
    for made in (objective(), objective(max_layer_sparsity=0.2)):
        for name, weights in random_weights().items():
            torch.testing.assert_close(stepped(made, name, weights, 0.0), weights)


@pytest.mark.parametrize("options", [{}, {"zeros_allowed": False}])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_each_member_alone(options, share):
    made = objective(theta="ramp", slope=2.0, max_layer_sparsity=share)
    steps = torch.tensor([0.01, 1.0, 4.0])
    every = random_weights(3)
    for name, weights in every.items():
        weights[1] *= 3
        below = denominators(made, every)[name]
        together = stepped(made, name, weights, steps, below, **options)
        for k in range(3):
            own = slice(k, k + 1)
            alone = stepped(made, name, weights[own], steps[own], below[own], **options)
            torch.testing.assert_close(together[own], alone, rtol=1e-14, atol=0)


def test_a_diverged_member_spoils_no_other():
    made = objective()
    for name, weights in random_weights().items():
        healthy = stepped(made, name, weights, 0.5)
        weights[0, 0, 1] = torch.nan
        value = made.value({**random_weights(), name: weights})
        assert value.isfinite().tolist() == [False, True]
        assert torch.equal(stepped(made, name, weights, 0.5)[1], healthy[1])


@pytest.mark.parametrize("relative", [True, False])
def test_a_small_step_lowers_the_objective(relative):
    made = objective(relative=relative)
    weights = random_weights()
    radial = radials(made, weights)
    after = {}
    for name, weight in weights.items():
        below = denominators(made, weights)[name]
        # The step of the whole: radial first, then the proximal one of the same size.
        moved = weight - 1e-3 * radial[name] if relative else weight
        after[name] = stepped(made, name, moved, 1e-3, below)
    assert (made.value(after) < made.value(weights)).all()
