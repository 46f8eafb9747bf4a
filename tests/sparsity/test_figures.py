import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from paretocli.core.problem import Problem, Samples
from paretocli.networks.building import build_network
from paretocli.problems.classification import classification
from paretocli.sparsity.figures import figures_of_network, layer_figures, network_figures
from paretocli.sparsity.layers import Layer, find_layers
from tests.sparsity.convex import matrix_of
from tests.toys import Noisy


def matrix_layer(columns, *, role="hidden", positions=1, name="w.weight"):
    """A layer and its weight (out, R) from its rows, one an input."""
    weight = torch.tensor(columns, dtype=torch.float32).T.contiguous()
    return Layer(name, tuple(weight.shape), role, positions), weight


# Twelve rows of two: zero, shared and unique ones.
ROWS = [
    [0, 0],
    [1, 2],
    [3, 4],
    [1, 2],
    [1, -1],
    [0, 0],
    [3, 4],
    [1, 2],
    [0, 1],
    [1, 0],
    [-1, -2],
    [0, -0.0],
]


def figures(*layers, others=0):
    """The network's figures and its layers' from pairs of a layer and its weight."""
    tensors = {layer.name: weight for layer, weight in layers}
    parameters = others + sum(weight.numel() for weight in tensors.values())
    macs = sum(layer.parameters * layer.positions for layer, _ in layers)
    return figures_of_network([layer for layer, _ in layers], tensors, parameters, macs)


# One layer


def test_a_layer_by_hand():
    found = layer_figures(*matrix_layer(ROWS, positions=7, name="shared.3.weight"))
    assert found.layer == "shared.3"
    assert found.role == "hidden"
    assert found.rows == 12
    assert found.zero_rows == 3
    # (1, 2) three times and (3, 4) twice.
    assert found.shared_rows == 5
    # These two, (1, −1), (0, 1), (1, 0) and (−1, −2).
    assert found.unique_rows == 6
    assert found.parameters == 24
    assert found.parameters_kept == 18
    assert found.unique_parameters == 12
    assert found.macs == 18 * 7


def test_a_kernel_by_hand():
    weight = torch.arange(1.0, 3 * 4 * 2 * 5 + 1).reshape(3, 4, 2, 5)
    weight[:, 2] = 0
    weight[:, 3] = weight[:, 1]
    for form in (weight, weight.contiguous(memory_format=torch.channels_last)):
        found = layer_figures(Layer("k.weight", (3, 4, 2, 5), "head", 6), form)
        assert (found.rows, found.zero_rows, found.shared_rows, found.unique_rows) == (4, 1, 2, 2)
        assert (found.parameters, found.parameters_kept, found.unique_parameters) == (120, 90, 60)
        assert found.macs == 90 * 6


def test_a_row_that_sums_to_zero_is_kept():
    found = layer_figures(*matrix_layer([[1, -1], [0, 0], [-2, 2]]))
    assert (found.zero_rows, found.unique_rows, found.parameters_kept) == (1, 2, 4)


def test_minus_zero_is_zero():
    found = layer_figures(*matrix_layer([[-0.0, 0.0], [0.0, 1.0], [-0.0, 1.0]]))
    assert (found.zero_rows, found.shared_rows, found.unique_rows) == (1, 2, 1)


def test_a_row_of_tiny_numbers_is_kept():
    found = layer_figures(*matrix_layer([[1e-37, 0], [2e-37, 0], [0, 0]]))
    assert (found.zero_rows, found.shared_rows, found.unique_rows) == (1, 0, 2)


def test_rows_of_zeros_alone():
    found = layer_figures(*matrix_layer([[0, 0]] * 5))
    assert (found.rows, found.zero_rows, found.shared_rows, found.unique_rows) == (5, 5, 0, 0)
    assert (found.parameters_kept, found.unique_parameters, found.macs) == (0, 0, 0)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, -1]), min_size=2, max_size=2), min_size=1))
def test_any_layer_by_counting(rows):
    found = layer_figures(*matrix_layer(rows, positions=3))
    left = [tuple(row) for row in rows if any(row)]
    assert found.zero_rows == len(rows) - len(left)
    assert found.unique_rows == len(set(left))
    assert found.shared_rows == sum(left.count(row) > 1 for row in left)
    assert found.parameters_kept == 2 * len(left)
    assert found.unique_parameters == 2 * len(set(left))
    assert found.macs == 6 * len(left)


def test_trained_weights_can_be_looked_at():
    layer, weight = matrix_layer(ROWS)
    assert layer_figures(layer, weight.requires_grad_()) == layer_figures(*matrix_layer(ROWS))


# A network


def test_a_network_by_hand():
    found, each = figures(
        matrix_layer(ROWS, positions=7, name="a.weight"),
        matrix_layer([[1, 2, 3], [0, 0, 0], [1, 2, 3]], role="head", name="b.weight"),
        others=10,
    )
    assert [layer.layer for layer in each] == ["a", "b"]
    assert found.rows == 15
    assert found.rows_kept == 11
    assert found.sparsity_rate == pytest.approx(100 * 4 / 15)
    assert found.compression_rate == pytest.approx(15 / 7)
    assert found.parameter_sharing == pytest.approx(11 / 7)
    assert found.parameters == 24 + 9 + 10
    assert found.parameters_kept == 18 + 6 + 10
    assert found.unique_parameters == 12 + 3 + 10
    assert found.macs == 126 + 6


def test_equal_rows_of_two_layers_are_not_shared():
    layers = [matrix_layer([[1, 2], [3, 4]], name=f"{name}.weight") for name in "ab"]
    found, _ = figures(*layers)
    assert found.compression_rate == found.parameter_sharing == 1


def test_a_network_without_zeros_and_ties():
    found, _ = figures(matrix_layer([[1, 2], [3, 4], [5, 6]]), others=3)
    assert found.sparsity_rate == 0
    assert found.compression_rate == 1
    assert found.parameter_sharing == 1
    assert found.parameters == found.parameters_kept == found.unique_parameters == 9


def test_without_ties_nothing_is_shared_however_sparse_the_network():
    found, _ = figures(matrix_layer([[1, 2], [0, 0], [0, 0], [5, 6]]))
    assert found.sparsity_rate == 50
    assert found.compression_rate == 2
    assert found.parameter_sharing == 1


def test_a_network_of_zeros():
    found, _ = figures(matrix_layer([[0, 0]] * 5), others=4)
    assert found.sparsity_rate == 100
    assert found.compression_rate == 5
    assert found.parameter_sharing == 1
    assert (found.rows_kept, found.macs) == (0, 0)
    assert (found.parameters, found.parameters_kept, found.unique_parameters) == (14, 4, 4)


def test_all_rows_equal():
    found, _ = figures(matrix_layer([[1, 2]] * 8))
    assert found.sparsity_rate == 0
    assert found.compression_rate == found.parameter_sharing == 8


def test_the_figures_of_layers_make_those_of_the_network():
    layers = [
        matrix_layer(ROWS, name="a.weight"),
        matrix_layer([[1.0], [0.0]], name="b.weight"),
    ]
    found, each = figures(*layers, others=2)
    assert each == [layer_figures(*layer) for layer in layers]
    assert found == network_figures(each, 28, found.macs)


# Networks that come with paretocli


def multimnist_like():
    samples = Samples(torch.zeros(2, 1, 28, 28), (torch.zeros(2, dtype=torch.long),) * 2)
    tasks = [classification("left", 10), classification("right", 10)]
    return Problem(name="like", tasks=tasks, train=samples, val=samples, test=samples)


def looked_at(network, inputs):
    layers = find_layers(network, inputs)
    tensors = {name: tensor.detach() for name, tensor in network.state_dict().items()}
    parameters = sum(parameter.numel() for parameter in network.parameters())
    macs = counted_macs(network, inputs)
    return figures_of_network(layers, tensors, parameters, macs)


def counted_macs(network, inputs):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(inputs)
    return counter.get_total_flops() // 2 // len(inputs)


def test_the_totals_of_the_mdmtn_on_multimnist():
    problem = multimnist_like()
    network = build_network("mdmtn", problem, 0)
    found, each = looked_at(network, problem.train.inputs)
    # Shared 1 + 10 + 320, two monitors of 1 + 2,880, two heads of 50.
    assert found.rows == found.rows_kept == 331 + 2 * 2881 + 2 * 50 == 6193
    shared = 10 * 26 + 20 * 251 + 50 * 321
    monitor = 20 * 26 + 50 * 2881
    assert found.parameters == shared + 2 * monitor + 2 * 510 + 4
    assert found.parameters_kept == found.parameters
    of_shared = 24**2 * 250 + 8**2 * 5000 + 16_000
    of_monitor = 24**2 * 500 + 144_000
    assert found.macs == of_shared + 2 * of_monitor + 2 * 500
    assert sum(layer.role == "hidden" for layer in each) == 4


@pytest.mark.parametrize("name", ["hps", "mdmtn", "mtan", "mmoe", "ple", "tabular_resnet"])
def test_multiply_accumulates_as_torch_counts_them(name):
    problem = multimnist_like()
    network = build_network(name, problem, 0)
    found, _ = looked_at(network, problem.train.inputs)
    assert found.macs == counted_macs(network, problem.train.inputs)


def test_multiply_accumulates_of_padded_and_strided_convolutions():
    class Strided(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(3, 4, 3, stride=2, padding=1)
            self.second = nn.Conv2d(4, 4, 3, padding=2, dilation=2)
            self.head = nn.Linear(4, 2)

        def forward(self, inputs):
            features = self.second(self.second(self.first(inputs)))
            return [self.head(features.mean(dim=(2, 3)))]

    inputs = torch.randn(2, 3, 11, 8)
    found, _ = looked_at(Strided(), inputs)
    assert found.macs == counted_macs(Strided(), inputs)


def test_what_a_network_without_its_zero_rows_computes():
    inputs = torch.randn(3, 2, 6, 6)
    network = Noisy()
    with torch.no_grad():
        network.body[3].weight[:, [0, 2]] = 0
        network.heads[1].weight[:, 5:] = 0
    found, _ = looked_at(network, inputs)
    # The convolution makes 3 × 3 pixels with rows of 3 · 2 · 2; a row of the head is 3 long.
    assert found.macs == counted_macs(network, inputs) - 2 * (3 * 4) * 9 - 22 * 3
    assert found.rows == 2 + 4 + 27 + 27
    assert found.sparsity_rate == pytest.approx(100 * 24 / 60)
    assert found.parameters - found.parameters_kept == 2 * 12 + 22 * 3
    rows = np.concatenate([(matrix_of(p.detach()) != 0).any(axis=1) for p in kernels_of(network)])
    assert found.rows_kept == rows.sum()


def kernels_of(network):
    return [parameter for parameter in network.parameters() if parameter.dim() > 1]
