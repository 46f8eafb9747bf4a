import numpy as np
import pytest
import torch
from torch import nn

from paretocli.core.problem import Problem, Samples
from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.problems.classification import classification
from paretocli.problems.multidigits import Narrow
from paretocli.sparsity.layers import (
    Layer,
    counted_layers,
    find_layers,
    over_rows,
    per_member,
    row_norms,
    rows_first,
)


class Net(nn.Module):
    """Modules by name, and a function of the network and its inputs."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, inputs):
        return self.function(self, inputs)


def chain(*modules):
    """A network of one output."""
    return Net(lambda net, x: [net.body(x)], body=nn.Sequential(*modules))


def problem(shape):
    samples = Samples(torch.randn(4, *shape), (torch.zeros(4, dtype=torch.long),) * 2)
    tasks = [classification("left", 10), classification("right", 10)]
    return Problem(name="random", tasks=tasks, train=samples, val=samples, test=samples)


def found(network, *shape):
    return find_layers(network, torch.randn(3, *shape))


def roles(network, *shape):
    return {layer.name.removesuffix(".weight"): layer.role for layer in found(network, *shape)}


def assert_layers(network, layers, expected):
    """The shapes, roles and positions, in order; the names are those of the parameters."""
    assert [(layer.shape, layer.role, layer.positions) for layer in layers] == expected
    parameters = dict(network.named_parameters())
    for layer in layers:
        assert tuple(parameters[layer.name].shape) == layer.shape


# The networks that come with paretocli


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hps", [((128, 144), "input", 1), ((50, 128), "hidden", 1), *[((10, 50), "head", 1)] * 2]),
        (
            "mdmtn",
            [
                ((128, 144), "input", 1),
                ((50, 128), "hidden", 1),
                *[((50, 144), "input", 1), ((10, 50), "head", 1)] * 2,
            ],
        ),
    ],
)
def test_networks_for_small_images(name, expected):
    made = problem((1, 12, 12))
    network = build_network(name, made, 0)
    assert_layers(network, find_layers(network, made.train.inputs), expected)


def test_the_narrow_network_of_multidigits():
    network = Narrow()
    assert_layers(
        network,
        found(network, 1, 12, 12),
        [((32, 144), "input", 1), ((16, 32), "hidden", 1), *[((10, 16), "head", 1)] * 2],
    )


SHARED = [
    ((10, 1, 5, 5), "input", 24 * 24),
    ((20, 10, 5, 5), "hidden", 8 * 8),
    ((50, 320), "hidden", 1),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hps", [*SHARED, *[((10, 50), "head", 1)] * 2]),
        (
            "mdmtn",
            [
                *SHARED,
                *[
                    ((20, 1, 5, 5), "input", 24 * 24),
                    ((50, 2880), "hidden", 1),
                    ((10, 50), "head", 1),
                ]
                * 2,
            ],
        ),
    ],
)
def test_networks_for_large_images(name, expected):
    made = problem((1, 28, 28))
    network = build_network(name, made, 0)
    assert_layers(network, find_layers(network, made.train.inputs), expected)


# A layer


def test_rows_of_a_layer():
    matrix = Layer("a", (5, 7), "hidden", 1)
    assert (matrix.rows, matrix.row_size, matrix.parameters) == (7, 5, 35)
    kernel = Layer("b", (6, 3, 4, 5), "hidden", 9)
    assert (kernel.rows, kernel.row_size, kernel.parameters) == (3, 120, 360)


@pytest.mark.parametrize(
    ("module", "shape", "positions"),
    [
        (nn.Linear(4, 3), (4,), 1),
        (nn.Linear(4, 3), (6, 4), 6),
        (nn.Linear(4, 3), (2, 5, 4), 10),
        (nn.Conv1d(2, 5, 3), (2, 9), 7),
        (nn.Conv2d(2, 5, 3, stride=2), (2, 9, 7), 4 * 3),
        (nn.Conv2d(2, 5, 3, padding=1), (2, 9, 7), 63),
        (nn.Conv3d(2, 5, 2), (2, 4, 3, 5), 3 * 2 * 4),
    ],
)
def test_positions(module, shape, positions):
    (layer,) = found(chain(module), *shape)
    assert layer.positions == positions
    assert layer.shape == tuple(module.weight.shape)


# Roles


def test_one_layer_alone_is_one_on_the_inputs():
    assert roles(chain(nn.Linear(4, 2)), 4) == {"body.0": "input"}


def test_batch_norm_before_the_first_layer():
    network = chain(
        nn.BatchNorm1d(4), nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 5), nn.Linear(5, 2)
    )
    assert roles(network, 4) == {"body.1": "input", "body.3": "hidden", "body.4": "head"}


def test_all_that_stands_between_layers_is_passed():
    network = chain(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        nn.Dropout(),
        nn.LeakyReLU(inplace=True),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.LayerNorm(6),
        nn.Linear(6, 5),
        nn.Softplus(),
        nn.Linear(5, 2),
        nn.Sigmoid(),
    )
    assert roles(network, 1, 12, 12) == {
        "body.0": "input",
        "body.4": "hidden",
        "body.10": "hidden",
        "body.12": "head",
    }


def test_rectifiers_that_write_over_a_layers_output():
    pairs = [(nn.Linear(4, 4), nn.ReLU(inplace=True)) for _ in range(3)]
    network = chain(*[module for pair in pairs for module in pair])
    assert roles(network, 4) == {"body.0": "input", "body.2": "hidden", "body.4": "head"}


def test_residual_connections():
    def function(net, x):
        x = net.first(x)
        x = x + net.second(torch.relu(x))
        x = x + net.third(torch.relu(x))
        return [net.head(x)]

    names = ["first", "second", "third", "head"]
    network = Net(function, **{name: nn.Linear(4, 4) for name in names})
    assert roles(network, 4) == dict(zip(names, ["input", "hidden", "hidden", "head"], strict=True))


def test_inputs_that_are_also_given_to_later_layers():
    def function(net, x):
        y = net.first(x)
        z = net.second(torch.cat([x, y], dim=1))
        return [net.left(z + x), net.right(z)]

    network = Net(
        function,
        first=nn.Linear(4, 3),
        second=nn.Linear(7, 4),
        left=nn.Linear(4, 2),
        right=nn.Linear(4, 2),
    )
    assert roles(network, 4) == {
        "first": "input",
        "second": "hidden",
        "left": "head",
        "right": "head",
    }


def test_layers_come_in_the_order_of_the_forward_pass():
    network = Net(
        lambda net, x: [net.c(net.b(net.a(x)))],
        c=nn.Linear(4, 2),
        b=nn.Linear(4, 4),
        a=nn.Linear(3, 4),
    )
    assert list(roles(network, 3).items()) == [("a", "input"), ("b", "hidden"), ("c", "head")]


def test_a_layer_used_twice_is_there_once_with_all_its_positions():
    def function(net, x):
        x = net.first(x)
        x = net.again(torch.relu(x))
        x = net.again(torch.relu(x[:, ::2]))
        return [net.head(x)]

    network = Net(function, first=nn.Linear(3, 4), again=nn.Linear(4, 4), head=nn.Linear(4, 2))
    layers = found(network, 6, 3)
    assert [(layer.name, layer.role, layer.positions) for layer in layers] == [
        ("first.weight", "input", 6),
        ("again.weight", "hidden", 9),
        ("head.weight", "head", 3),
    ]


def test_a_layer_on_the_inputs_and_on_features_is_not_an_input_layer():
    network = Net(
        lambda net, x: [net.head(net.shared(torch.relu(net.shared(x))))],
        shared=nn.Linear(4, 4),
        head=nn.Linear(4, 2),
    )
    assert roles(network, 4) == {"shared": "hidden", "head": "head"}


def test_convolutions_in_groups_are_left_out():
    network = chain(
        nn.Conv2d(2, 4, 3),
        nn.Conv2d(4, 4, 3, groups=4),
        nn.Conv2d(4, 6, 1),
        nn.Conv2d(6, 6, 1, groups=2),
        nn.Flatten(),
        nn.Linear(6 * 16, 2),
    )
    assert roles(network, 2, 8, 8) == {"body.0": "input", "body.2": "hidden", "body.5": "head"}


def test_frozen_weights_do_not_count():
    network = chain(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2))
    for name in ("0.weight", "1.weight", "2.bias"):
        network.body.get_parameter(name).requires_grad_(False)
    layers = found(network, 4)
    assert [layer.role for layer in layers] == ["input", "hidden", "hidden", "head"]
    assert [layer.trained for layer in layers] == [False, False, True, True]
    assert [layer.name for layer in counted_layers(layers)] == ["body.2.weight"]
    assert not network.body[1].weight.requires_grad


def test_two_layers_of_one_weight_are_one():
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    network = chain(nn.Linear(4, 4), first, nn.ReLU(), second, nn.Linear(4, 2))
    layers = found(network, 4)
    assert {layer.name for layer in layers} <= {name for name, _ in network.named_parameters()}
    assert [layer.positions for layer in layers] == [1, 2, 1]


def test_a_layer_whose_result_nobody_uses_is_left_out():
    def function(net, x):
        x = net.first(x)
        net.aside(x)
        return [net.head(x)]

    network = Net(function, first=nn.Linear(4, 4), aside=nn.Linear(4, 3), head=nn.Linear(4, 2))
    assert roles(network, 4) == {"first": "input", "head": "head"}


def test_a_layer_that_the_forward_pass_does_not_reach_is_left_out():
    network = Net(lambda net, x: [net.used(x)], used=nn.Linear(4, 2), idle=nn.Linear(4, 2))
    assert roles(network, 4) == {"used": "input"}


def test_a_network_without_layers():
    assert found(chain(nn.BatchNorm1d(4)), 4) == ()


# What the search for layers leaves behind


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_was(training):
    network = chain(nn.BatchNorm1d(4), nn.Linear(4, 4), nn.Dropout(), nn.Linear(4, 2))
    network.train(training)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with torch.no_grad():
        assert len(found(network, 4)) == 2
    assert all(module.training == training for module in network.modules())
    assert not any(module._forward_hooks for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_the_network_is_left_as_it_was_where_it_fails():
    def function(net, x):
        net.first(x)
        raise RuntimeError("no such thing")

    network = Net(function, first=nn.Linear(4, 4))
    with pytest.raises(RuntimeError, match="no such thing"):
        found(network, 4)
    assert network.training
    assert not network.first._forward_hooks


def test_parts_of_the_network_keep_their_own_mode():
    network = chain(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    network.body[1].eval()
    found(network, 4)
    assert network.training
    assert not network.body[1].training


# Which layers are counted

NAMES = ["shared.0", "shared.3", "monitors.0.4", "monitors.10.4", "heads.0"]
LAYERS = tuple(
    Layer(f"{name}.weight", (3, 4), role, 1)
    for name, role in zip(NAMES, ["input", "hidden", "hidden", "hidden", "head"], strict=True)
)


def counted(*patterns):
    return [layer.name.removesuffix(".weight") for layer in counted_layers(LAYERS, patterns)]


def test_without_patterns_hidden_layers_are_counted():
    assert counted() == NAMES[1:4]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["shared.3"], ["shared.3"]),
        (["shared.3.weight"], ["shared.3"]),
        (["shared.*"], ["shared.0", "shared.3"]),
        (["shared.*.weight"], ["shared.0", "shared.3"]),
        (["monitors.?.4"], ["monitors.0.4"]),
        (["monitors.*"], ["monitors.0.4", "monitors.10.4"]),
        (["*"], NAMES),
        (["heads.0", "shared.0"], ["shared.0", "heads.0"]),
        (["shared.3", "shared.*", "*.3"], ["shared.0", "shared.3"]),
    ],
)
def test_patterns(patterns, expected):
    assert counted(*patterns) == expected


def test_input_layers_count_where_they_are_asked_for():
    def with_inputs(*patterns):
        found = counted_layers(LAYERS, patterns, inputs=True)
        return [layer.name.removesuffix(".weight") for layer in found]

    assert with_inputs() == NAMES[:4]
    assert with_inputs("heads.*") == ["shared.0", "heads.0"]


@pytest.mark.parametrize("pattern", ["shared", "shared.1", "hared.3", "shared.3.bias", ""])
def test_a_pattern_that_matches_nothing_names_the_layers(pattern):
    with pytest.raises(InputError) as caught:
        counted("shared.3", pattern)
    assert f"--sparse-layers {pattern} matches no layer" in str(caught.value)
    assert ", ".join(NAMES) in str(caught.value)
    assert ".weight" not in str(caught.value)


def test_a_pattern_where_there_is_no_layer():
    with pytest.raises(InputError, match="are none"):
        counted_layers([], ["*"])


# Rows


def strided(tensor):
    """The same kernels (K, out, in, h, w), channels last in memory, as a population holds them."""
    return tensor.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)


@pytest.mark.parametrize("form", [lambda t: t, strided])
def test_the_rows_of_a_kernel_are_its_input_channels(form):
    weights = form(torch.randn(2, 3, 4, 5, 6))
    rows, norms = rows_first(weights), row_norms(weights)
    assert rows.shape == (2, 4, 3, 5, 6)
    assert norms.shape == (2, 4)
    for k in range(2):
        for r in range(4):
            assert torch.equal(rows[k, r], weights[k][:, r])
            expected = np.sqrt((weights[k][:, r].numpy().astype(float) ** 2).sum())
            assert norms[k, r].item() == pytest.approx(expected, rel=1e-5)
    # They are no view of the kernel as it lies in memory: that mixes channels.
    mixed = weights.reshape(2, 4, -1).norm(dim=2)
    assert not torch.allclose(norms, mixed, rtol=1e-2)


def test_the_rows_of_a_matrix_are_its_columns():
    weights = torch.tensor([[[3.0, 0.0, 1.0], [4.0, 0.0, 1.0]]])
    np.testing.assert_allclose(row_norms(weights), [[5, 0, 2**0.5]])
    assert rows_first(weights).tolist() == [[[3, 4], [0, 0], [1, 1]]]


def test_rows_can_be_written():
    weights = strided(torch.randn(2, 3, 4, 5, 6))
    rows_first(weights)[1, 2] = 7
    assert (weights[1][:, 2] == 7).all()
    assert (weights == 7).sum() == 3 * 5 * 6


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 6)])
def test_numbers_a_row_and_a_member(shape):
    weights = torch.randn(shape)
    values, factors = torch.randn(2, 4), torch.randn(2)
    scaled = over_rows(values, weights) * weights
    grown = per_member(factors, weights) * weights
    for k in range(2):
        assert torch.equal(grown[k], factors[k] * weights[k])
        for r in range(4):
            assert torch.equal(scaled[k][:, r], values[k, r] * weights[k][:, r])


# Several inputs, and layers without rows


@pytest.mark.parametrize("form", [dict, lambda **inputs: tuple(inputs.values())])
def test_layers_of_a_network_with_several_inputs(form):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Linear(3, 4), nn.Linear(2, 4)
            self.body, self.head = nn.Linear(4, 5), nn.Linear(5, 1)

        def forward(self, left, right):
            features = self.left(input=left) + self.right(right)
            return [self.head(self.body(features))]

    network = Two()
    layers = find_layers(network, form(left=torch.randn(6, 3), right=torch.randn(6, 2)))
    assert [(layer.name, layer.role, layer.positions) for layer in layers] == [
        ("left.weight", "input", 1),
        ("right.weight", "input", 1),
        ("body.weight", "hidden", 1),
        ("head.weight", "head", 1),
    ]


def test_what_follows_an_embedding_is_no_input_layer():
    network = Net(
        lambda net, x: [net.head(net.body(net.words(x).mean(dim=1)))],
        words=nn.Embedding(9, 4),
        body=nn.Linear(4, 5),
        head=nn.Linear(5, 1),
    )
    layers = find_layers(network, torch.randint(0, 9, (3, 6)))
    assert [(layer.name, layer.role) for layer in layers] == [
        ("body.weight", "hidden"),
        ("head.weight", "head"),
    ]


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_layers_come_before_and_after_others(kind):
    network = Net(
        lambda net, x: [net.head(net.body(net.states(net.first(x))[0][:, -1]))],
        first=nn.Linear(4, 3),
        states=kind(3, 5, batch_first=True),
        body=nn.Linear(5, 6),
        head=nn.Linear(6, 1),
    )
    read = {"states.weight_ih_l0": "hidden"}
    expected = {"first": "input", **read, "body": "hidden", "head": "head"}
    assert roles(network, 7, 4) == expected
    # Where the states themselves are the output there is no head before them.
    without = Net(
        lambda net, x: [net.states(net.body(net.first(x)))[0][:, -1]],
        first=nn.Linear(4, 3),
        body=nn.Linear(3, 3),
        states=kind(3, 5, batch_first=True),
    )
    assert roles(without, 7, 4) == {"first": "input", "body": "hidden", **read}


def test_all_that_feeds_attention_is_found():
    network = Net(
        lambda net, x: [net.head(net.attend(net.query(x), net.key(net.first(x)), net.value(x))[0])],
        first=nn.Linear(4, 4),
        query=nn.Linear(4, 4),
        key=nn.Linear(4, 4),
        value=nn.Linear(4, 4),
        attend=nn.MultiheadAttention(4, 2, batch_first=True),
        head=nn.Linear(4, 1),
    )
    assert roles(network, 7, 4) == {
        "query": "input",
        "first": "input",
        "key": "hidden",
        "value": "input",
        "attend.in_proj_weight": "hidden",
        "attend.out_proj": "hidden",
        "head": "head",
    }


def test_the_layers_of_a_transformer():
    network = Net(
        lambda net, x: [net.head(net.encoder(net.first(x)))],
        first=nn.Linear(4, 6),
        encoder=nn.TransformerEncoderLayer(6, 2, 8, batch_first=True),
        head=nn.Linear(6, 1),
    )
    assert roles(network, 7, 4) == {
        "first": "input",
        "encoder.self_attn.in_proj_weight": "hidden",
        "encoder.self_attn.out_proj": "hidden",
        "encoder.linear1": "hidden",
        "encoder.linear2": "hidden",
        "head": "head",
    }
