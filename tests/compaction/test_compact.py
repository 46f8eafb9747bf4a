"""Small networks give the outputs of large ones, and are as small as they can be."""

from collections.abc import Sequence
from functools import cache, partial
from itertools import pairwise

import pytest
import torch
from torch import Tensor, fx, nn

from paretocli.networks.generic import generic_hps, generic_mdmtn, generic_mtan
from paretocli.networks.mtan import MTAN
from paretocli.networks.segnet import SharedSegNet
from paretocli.sparsity.figures import figures_of_network
from paretocli.sparsity.layers import find_layers
from tests.compaction.networks import (
    IMAGES,
    Dense,
    Gated,
    Grouped,
    Outputs,
    Residual,
    Transformer,
    operations,
    small,
    small_of,
    zero_rows,
)


@torch.no_grad()
def assert_same(network: nn.Module, found: fx.GraphModule, inputs: Tensor):
    for size in (1, len(inputs)):
        expected = Outputs(network.eval())(inputs[:size])
        for one, other in zip(found(inputs[:size]), expected, strict=True):
            assert one.shape == other.shape
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5 * float(other.abs().max()))


def shapes(module: fx.GraphModule) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


def size(module: nn.Module) -> int:
    tensors = [*module.parameters(), *module.buffers()]
    return sum(tensor.numel() for tensor in tensors if tensor.is_floating_point())


def parameters_kept(network, inputs):
    tensors = dict(network.named_parameters())
    whole, _ = figures_of_network(find_layers(network, inputs[:2]), tensors, size(network), None)
    return whole.parameters_kept


def digits(count: int = 5) -> Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def test_channels_go_where_nobody_looks_at_them():
    network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
    with torch.no_grad():
        network[2].weight[:, [0, 3, 4]] = 0
    inputs = torch.randn(5, 4)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    assert sorted(shapes(found).values()) == sorted([(3, 4), (3,), (3, 3), (3,)])


def test_they_go_backwards_through_several_layers():
    layers = [nn.Linear(8, 8, bias=False) for _ in range(4)]
    network = nn.Sequential(*layers)
    with torch.no_grad():
        layers[3].weight[:, 2:] = 0  # reads two channels
        layers[2].weight[:2, 4:] = 0  # of which each needs four
    inputs = torch.randn(5, 8)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    assert sorted(shapes(found).values()) == sorted([(8, 8), (4, 8), (2, 4), (8, 2)])


def test_pixels_of_a_flattened_image_are_picked_out():
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(3 * 16, 2))
    with torch.no_grad():
        network[2].weight[:, 16:32] = 0  # the second channel
        network[2].weight[:, [0, 5, 40]] = 0  # pixels of the others
    inputs = torch.randn(4, 1, 6, 6)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    kept = shapes(found)
    assert kept.pop("reshape_kept") == (29,)
    assert sorted(kept.values()) == sorted([(2, 1, 3, 3), (2,), (2, 29), (2,)])


def test_a_matrix_of_zeros_becomes_a_bias():
    network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))
    with torch.no_grad():
        network[2].weight[:] = 0
        network[4].weight[:, 0] = 0
    inputs = torch.randn(5, 4)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    assert size(found) <= 2 + 2 + 1 + 1 + 4 + 1  # one channel stays, as there must be something


def test_a_neuron_that_only_has_a_bias_is_folded():
    network = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
    with torch.no_grad():
        network[0].weight[2] = 0
        network[0].bias[2] = 1.5
    inputs = torch.randn(5, 4)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    assert (5, 4) in shapes(found).values()


@pytest.mark.parametrize("padding", [0, 1, "same"])
def test_a_constant_channel_is_folded_unless_padding_shows_it(padding):
    network = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=padding), nn.Flatten(2)
    )
    with torch.no_grad():
        network[0].weight[1] = 0
        network[0].bias[1] = 0.7
    inputs = torch.randn(4, 2, 9, 9)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    left = 3 if padding == 0 else 4
    assert (left, 2, 3, 3) in shapes(found).values()


def test_what_nobody_reads_of_a_depthwise_convolution_goes_with_what_fed_it():
    network = nn.Sequential(
        *(nn.Conv2d(3, 8, 1), nn.ReLU()),
        *(nn.Conv2d(8, 16, 3, padding=1, groups=8, bias=False), nn.BatchNorm2d(16), nn.ReLU()),
        nn.Conv2d(16, 2, 1),
    )
    zero_rows(network, IMAGES, 0.0, seed=1)
    with torch.no_grad():
        network[5].weight[:, [0, 1, 5, 6, 7, 12, 13]] = 0  # all that channels 0, 3 and 6 make
    found = small(network, IMAGES)
    assert_same(network, found, IMAGES)
    expected = [(5, 3, 1, 1), (5,), (10, 1, 3, 3), (10,), (2, 9, 1, 1), (2,)]
    kept = [shape for name, shape in shapes(found).items() if not name.endswith("_kept")]
    assert sorted(kept) == sorted(expected)


def test_a_gate_is_made_for_the_channels_that_are_needed_behind_it():
    """Of what it is multiplied with more is there, for it is made of them."""
    torch.manual_seed(0)
    network = Gated()
    with torch.no_grad():
        network.squeeze.weight[:, [0, 1, 2]] = 0
        network.last.weight[:, [0, 1, 3, 4]] = 0
    found = small(network, IMAGES)
    assert_same(network, found, IMAGES)
    kept = [shape for name, shape in shapes(found).items() if name.endswith("weight")]
    assert sorted(kept) == sorted([(6, 3, 1, 1), (2, 5, 1, 1), (4, 2, 1, 1), (2, 4, 1, 1)])


def test_groups_leave_as_a_whole():
    network = nn.Sequential(
        nn.Conv2d(3, 6, 1), nn.Conv2d(6, 9, 3, groups=3), nn.ReLU(), nn.Conv2d(9, 2, 1)
    )
    with torch.no_grad():
        network[3].weight[:, [0, 3, 4, 5]] = 0  # all that the second group makes
    found = small(network, IMAGES)
    assert_same(network, found, IMAGES)
    assert {(4, 3, 1, 1), (6, 2, 3, 3), (2, 5, 1, 1)} <= set(shapes(found).values())


@pytest.mark.parametrize("settings", [{"stride": 2}, {"padding": 1, "dilation": 2}])
def test_transposed_convolutions_lose_what_they_do_not_read_and_what_nobody_reads(settings):
    network = nn.Sequential(
        *(nn.Conv2d(3, 6, 3), nn.ReLU()),
        *(nn.ConvTranspose2d(6, 5, 2, **settings), nn.Tanh(), nn.Conv2d(5, 2, 1)),
    )
    with torch.no_grad():
        network[2].weight[[0, 3]] = 0
        network[4].weight[:, [1, 2, 4]] = 0
        network[0].weight[5] = 0  # a constant, at least
        network[0].bias[5] = 1
    found = small(network, IMAGES)
    assert_same(network, found, IMAGES)
    assert (4, 2, 2, 2) in shapes(found).values() or (3, 2, 2, 2) in shapes(found).values()
    assert (2, 2, 1, 1) in shapes(found).values()


def test_zero_rows_leave_where_values_are_no_batches_of_samples():
    torch.manual_seed(0)
    network = nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Linear(8, 3))
    inputs = torch.randn(4, 5, 8)
    with torch.no_grad():
        network[0].self_attn.in_proj_weight[:, [0, 1, 6]] = 0
        network[0].self_attn.out_proj.weight[:] = 0
    found = small(network, inputs)
    assert_same(network, found, inputs)
    assert {(24, 5), (8, 1)} <= set(shapes(found).values())


@pytest.mark.parametrize("size", [8, 5])
def test_batch_norm_along_another_axis_than_the_matrix_stays(size):
    network = nn.Sequential(nn.Linear(6, size), nn.BatchNorm1d(5))
    inputs = torch.randn(4, 5, 6)
    zero_rows(network, inputs, 0.0, seed=1)
    assert_same(network, small(network, inputs), inputs)


@pytest.mark.parametrize("bias", [True, False])
def test_what_is_used_twice_is_folded_once(bias):
    layers = nn.Sequential(nn.Conv2d(2, 2, 3, bias=bias), nn.BatchNorm2d(2))
    network = nn.Sequential(layers, nn.ReLU(), layers)
    inputs = torch.randn(4, 2, 9, 9)
    zero_rows(network, inputs, 0.0, seed=1)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    assert sorted(shapes(found).values()) == [(2,), (2, 2, 3, 3)]


@pytest.mark.parametrize(
    ("pooling", "sides"), [(nn.AvgPool2d(2), (4, 6)), (nn.MaxPool1d(2), (12,))], ids=str
)
def test_pooling_without_channels_is_left_as_it_is(pooling, sides):
    network = nn.Sequential(nn.ReLU(), pooling, nn.Flatten(), nn.Linear(6, 2))
    with torch.no_grad():
        network[3].weight[:, :4] = 0
    inputs = torch.randn(5, *sides)
    assert_same(network, small(network, inputs), inputs)


@pytest.mark.parametrize("make", [Grouped, Residual, lambda: nn.Conv2d(3, 2, 3)])
def test_numbers_keep_their_type(make):
    network = make().double()
    inputs = IMAGES.double()
    zero_rows(network, IMAGES.double(), 0.5, seed=4)
    found = small(network, inputs)
    assert_same(network, found, inputs)
    assert {t.dtype for t in found.parameters()} == {torch.float64}


def test_a_branch_of_constants_becomes_a_tensor():
    network = generic_mdmtn((1, 28, 28), [10, 10])
    with torch.no_grad():
        network.alpha.fill_(0.5)
        network.monitors[0][4].weight.zero_()
    found = small(network, digits())
    assert_same(network, found, digits())
    assert not any(name.startswith("monitors_0") for name in shapes(found))
    assert any(name.startswith("monitors_1") for name in shapes(found))


@cache
def _traced_once(make, inputs):
    torch.manual_seed(0)
    network = make()
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    return network, start, operations(network, inputs)


def fresh(make, inputs):
    """A network and its operations: as in a sweep, those of any parameters, traced once."""
    network, start, tracing = _traced_once(make, inputs)
    network.load_state_dict(start)
    return network, tracing


DIGITS = digits()
GENERIC = {
    kind.__name__: partial(kind, DIGITS.shape[1:], [10, 10])
    for kind in (generic_hps, generic_mdmtn, generic_mtan)
}


@pytest.mark.parametrize("share", [0.0, 0.9])
@pytest.mark.parametrize("name", GENERIC)
def test_generic_networks_keep_their_outputs(name, share):
    network, tracing = fresh(GENERIC[name], DIGITS)
    if hasattr(network, "alpha"):
        nn.init.uniform_(network.alpha)
    zero_rows(network, DIGITS, share, seed=3)
    found = small_of(tracing)
    assert_same(network, found, DIGITS)
    assert size(found) <= parameters_kept(network, DIGITS)


ODD = [
    (Residual, IMAGES),
    (Grouped, IMAGES),
    (Dense, IMAGES),
    (Transformer, torch.randn(4, 5, 8, generator=torch.Generator().manual_seed(2))),
    (lambda: SharedSegNet(((4, 1), (6, 2)), [5, 1]), IMAGES),
    (lambda: MTAN(((4, 1), (6, 2)), [5, 1]), IMAGES),
]


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(("make", "inputs"), ODD, ids=[str(i) for i in range(len(ODD))])
def test_odd_networks_keep_their_outputs(make, inputs, share):
    network, tracing = fresh(make, inputs)
    zero_rows(network, inputs, share, seed=4)
    found = small_of(tracing)
    assert_same(network, found, inputs)
    assert size(found) <= size(network)


@pytest.mark.parametrize("seed", range(4))
def test_random_networks_keep_their_outputs(seed):
    generator = torch.Generator().manual_seed(seed)
    widths = torch.randint(1, 9, (5,), generator=generator).tolist()
    network = _random(widths, generator)
    inputs = torch.randn(3, widths[0], 8, 8, generator=generator)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                rows = torch.rand(parameter.shape[1], generator=generator) < 0.4
                columns = torch.rand(parameter.shape[0], generator=generator) < 0.3
                parameter[:, rows] = 0
                parameter[columns] = 0
    assert_same(network, small(network, inputs), inputs)


def _random(widths: Sequence[int], generator: torch.Generator) -> nn.Module:
    layers: list[nn.Module] = []
    for given, made in pairwise(widths[:-1]):
        padding = int(torch.randint(0, 2, (), generator=generator))
        layers += [nn.Conv2d(given, made, 3, padding=padding), nn.ReLU()]
        if torch.rand((), generator=generator) < 0.5:
            layers.append(nn.BatchNorm2d(made))
    body = nn.Sequential(*layers, nn.Flatten())
    features = body.eval()(torch.zeros(1, widths[0], 8, 8)).shape[1]
    return nn.Sequential(
        *body, nn.Linear(features, widths[-1]), nn.Sigmoid(), nn.Linear(widths[-1], 2)
    )


def test_the_batch_may_have_any_size():
    network = generic_hps((1, 28, 28), [10, 10])
    found = small(network, digits())
    assert found(digits(17))[0].shape == (17, 10)
