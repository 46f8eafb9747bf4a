import dataclasses

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import nn

from paretocli.errors import InputError
from paretocli.networks.blocks import convolution, monitor_block, shared_block, with_features
from paretocli.networks.building import build_network, network_names
from paretocli.networks.generic import generic_hps, generic_mdmtn
from paretocli.networks.hps import HardParameterSharing
from paretocli.networks.mdmtn import MDMTN
from paretocli.networks.registry import NETWORKS
from tests.toys import pictures, quadratics

DIGITS = (1, 28, 28)
SHAPES = [DIGITS, (3, 20, 24), (1, 12, 12), (16,)]


def layers(block):
    """What a block is made of, in order, without its rectifiers."""
    return [layer for layer in block if not isinstance(layer, nn.ReLU)]


def images(shape=DIGITS, count=6):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(2))


def linear(state, name, x):
    return F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])


def convolve_and_pool(state, name, x):
    return F.max_pool2d(F.relu(F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"])), 2)


def test_mdmtn_against_a_forward_pass_written_out():
    torch.manual_seed(0)
    network = generic_mdmtn(DIGITS, [10, 7])
    with torch.no_grad():
        network.alpha.copy_(torch.tensor([[0.7, 0.3], [-0.2, 1.5]]))
    # Parameters in the order of the layers, whatever the layers are called.
    state = network.state_dict()
    shared = [
        name.removesuffix(".weight")
        for name in state
        if name.startswith("shared") and "weight" in name
    ]
    x = images()
    z = convolve_and_pool(state, shared[1], convolve_and_pool(state, shared[0], x))
    z = F.relu(linear(state, shared[2], z.flatten(1)))
    for t, output in enumerate(network(x)):
        monitor = [
            name.removesuffix(".weight")
            for name in state
            if name.startswith(f"monitors.{t}.") and "weight" in name
        ]
        m = convolve_and_pool(state, monitor[0], x).flatten(1)
        m = F.relu(linear(state, monitor[1], m))
        mixed = network.alpha[t, 0] * z + network.alpha[t, 1] * m
        torch.testing.assert_close(output, linear(state, f"heads.{t}", mixed))


def test_layers_for_28_by_28_digits():
    network = generic_mdmtn(DIGITS, [10, 10])
    found = {name: tuple(p.shape) for name, p in network.named_parameters()}
    shapes = sorted(shape for shape in found.values() if len(shape) > 1)
    block = [(10, 1, 5, 5), (20, 10, 5, 5), (50, 320)]
    monitor = [(20, 1, 5, 5), (50, 2880)]
    assert shapes == sorted([*block, *monitor, *monitor, (10, 50), (10, 50), (2, 2)])
    kinds = [nn.Conv2d, nn.MaxPool2d, nn.Conv2d, nn.MaxPool2d, nn.Flatten, nn.Linear]
    assert [type(layer) for layer in layers(network.shared)] == kinds
    for one in network.monitors:
        assert [type(layer) for layer in layers(one)] == kinds[2:]
    assert all(p.kernel_size == 2 for p in network.modules() if isinstance(p, nn.MaxPool2d))
    hps = {tuple(p.shape) for p in generic_hps(DIGITS, [10, 10]).parameters() if p.dim() > 1}
    assert hps == {*block, (10, 50)}


def test_small_images_and_vectors_get_linear_layers():
    assert not any(isinstance(m, nn.Conv2d) for m in shared_block((1, 19, 40)).modules())
    assert any(isinstance(m, nn.Conv2d) for m in shared_block((1, 20, 20)).modules())
    for shape in SHAPES:
        x = images(shape)
        assert shared_block(shape)(x).shape == monitor_block(shape)(x).shape == (6, 50)


@pytest.mark.parametrize("network", [generic_hps, generic_mdmtn])
@pytest.mark.parametrize("shape", SHAPES)
def test_one_output_a_task(network, shape):
    outputs = network(shape, [3, 1, 5])(images(shape))
    assert [tuple(output.shape) for output in outputs] == [(6, 3), (6, 1), (6, 5)]


def test_alpha_is_learned_and_starts_with_the_shared_path_alone():
    network = generic_mdmtn(DIGITS, [10, 4, 2])
    assert isinstance(dict(network.named_parameters())["alpha"], nn.Parameter)
    assert network.alpha.tolist() == [[1.0, 0.0]] * 3
    x = images()
    features = network.shared(x)
    for head, output in zip(network.heads, network(x), strict=True):
        torch.testing.assert_close(output, head(features))


def gradients(network, shape):
    network.zero_grad()
    generator = torch.Generator().manual_seed(5)
    loss = sum(
        F.cross_entropy(
            output, torch.randint(0, output.shape[1], (len(output),), generator=generator)
        )
        for output in network(images(shape, 32))
    )
    loss.backward()
    return {name: p.grad for name, p in network.named_parameters()}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_parameter_of_hps_is_trained(shape):
    torch.manual_seed(0)
    for name, gradient in gradients(generic_hps(shape, [3, 4]), shape).items():
        assert gradient is not None, name
        assert gradient.abs().max() > 0, name


@pytest.mark.parametrize("shape", SHAPES)
def test_every_parameter_of_mdmtn_is_trained(shape):
    torch.manual_seed(0)
    network = generic_mdmtn(shape, [3, 4])
    start = gradients(network, shape)
    # At α = (1, 0) the monitors have no effect yet, but α itself is drawn towards them …
    for name, gradient in start.items():
        assert (gradient.abs().max() > 0) != name.startswith("monitors."), name
    assert (start["alpha"] != 0).all()
    # … so that after one step they are trained too.
    with torch.no_grad():
        network.alpha.sub_(0.1 * start["alpha"])
    for name, gradient in gradients(network, shape).items():
        assert gradient.abs().max() > 0, name


def test_a_monitor_serves_its_own_task_alone():
    torch.manual_seed(0)
    network = generic_mdmtn((16,), [2, 2])
    with torch.no_grad():
        network.alpha.fill_(0.5)
    network(images((16,)))[0].sum().backward()
    assert all(p.grad is not None for p in network.monitors[0].parameters())
    assert all(p.grad is None for p in network.monitors[1].parameters())


# Blocks of one's own


def test_networks_of_any_blocks():
    blocks = [nn.Linear(4, 3) for _ in range(3)]
    x = images((4,))
    hps = HardParameterSharing(blocks[0], 3, [2, 5])
    assert [tuple(output.shape) for output in hps(x)] == [(6, 2), (6, 5)]
    network = MDMTN(blocks[0], blocks[1:], 3, [2, 5])
    with torch.no_grad():
        network.alpha.copy_(torch.tensor([[0.5, 2.0], [1.0, -1.0]]))
    for t, output in enumerate(network(x)):
        mixed = network.alpha[t, 0] * blocks[0](x) + network.alpha[t, 1] * blocks[1 + t](x)
        torch.testing.assert_close(output, network.heads[t](mixed))


def test_a_block_with_batch_norm_starts_without_statistics_and_in_training():
    block = with_features(convolution(3, 4, 3, norm=True), (3, 9, 12), 5)
    assert [type(layer) for layer in block] == [
        *(nn.Conv2d, nn.MaxPool2d, nn.ReLU, nn.BatchNorm2d),
        *(nn.Flatten, nn.Linear, nn.ReLU),
    ]
    assert block(images((3, 9, 12))).shape == (6, 5)
    norm = with_features(convolution(3, 4, 3, norm=True), (3, 9, 12), 5)[3]
    assert norm.num_batches_tracked == 0
    assert norm.running_mean.tolist() == [0] * 4
    assert all(module.training for module in block.modules())


# By name


def test_names_for_a_problem():
    assert network_names(quadratics([[0.0], [1.0]], [0.5])) == ("variable",)
    assert network_names(pictures()) == ("noisy", *NETWORKS)
    own = dataclasses.replace(pictures(), networks={"hps": lambda: nn.Linear(2, 3)})
    assert network_names(own) == (*NETWORKS,)
    assert isinstance(build_network("hps", own, 0), nn.Linear)


@pytest.mark.parametrize("name", ["resnet", "variabel", "hps"])
def test_unknown_names(name):
    problem = quadratics([[0.0], [1.0]], [0.5])
    with pytest.raises(InputError, match=f"no network named '{name}' for problem quadratics"):
        build_network(name, problem, 0)


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (lambda: 1 / 0, "Building the network own of problem pictures failed with ZeroDivision"),
        (lambda: None, "own of problem pictures is no torch module with parameters"),
        (nn.ReLU, "is no torch module with parameters"),
    ],
)
def test_bad_networks_of_a_problem(factory, message):
    problem = dataclasses.replace(pictures(), networks={"own": factory})
    with pytest.raises(InputError, match=message):
        build_network("own", problem, 0)


@pytest.mark.parametrize("name", ["noisy", "hps", "mdmtn"])
def test_the_seed_decides_the_start_and_torchs_own_generator_is_left_alone(name):
    problem = pictures()
    before = torch.get_rng_state()
    one, same, other = (build_network(name, problem, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert any(not torch.equal(one[key], other[key]) for key in one)


def test_a_generic_network_has_the_shapes_of_its_problem():
    outputs = build_network("mdmtn", pictures(), 0)(torch.zeros(2, 2, 6, 6))
    assert [tuple(output.shape) for output in outputs] == [(2, 3), (2, 3)]
