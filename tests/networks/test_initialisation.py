import copy
import dataclasses

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from paretocli.core.problem import Samples
from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.networks.initialisation import lsuv
from tests.toys import Noisy, pictures

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def batch(*shape, seed=3):
    """Inputs of neither zero mean nor unit variance."""
    return 0.3 + 2.5 * torch.randn(256, *shape, generator=torch.Generator().manual_seed(seed))


def mlp():
    return nn.Sequential(
        nn.Linear(12, 30), nn.ReLU(), nn.Linear(30, 8, bias=False), nn.Tanh(), nn.Linear(8, 3)
    )


def batch_norm():
    return nn.Sequential(
        nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(96, 4)
    )


def deep():
    layers = [layer for _ in range(10) for layer in (nn.Linear(40, 40), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def seeded(make, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make()


def deviations(network, inputs):
    """Standard deviation of each layer's first outputs in training mode, in the order reached."""
    network = copy.deepcopy(network).train()
    found = {}

    def note(name, outputs):
        found.setdefault(name, outputs.std(correction=0).item())

    for name, module in network.named_modules():
        if isinstance(module, WEIGHTED):
            module.register_forward_hook(
                lambda _, __, outputs, name=name: note(name, outputs), prepend=True
            )
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        network(inputs)
    return found


def states(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


CASES = [
    (mlp, (12,)),
    (batch_norm, (2, 6, 6)),
    (deep, (40,)),
    (lambda: nn.Sequential(nn.Conv1d(3, 4, 2), nn.ELU(), nn.Flatten(), nn.Linear(16, 1)), (3, 5)),
    (lambda: nn.Sequential(nn.Conv2d(4, 8, 3, groups=2), nn.ReLU(), nn.Conv2d(8, 2, 1)), (4, 5, 5)),
    (lambda: nn.Sequential(nn.Conv3d(1, 5, 2, bias=False), nn.ReLU()), (1, 3, 3, 3)),
]


@pytest.mark.parametrize(("make", "shape"), CASES)
def test_unit_variance_orthonormal_weights_and_no_biases(make, shape):
    network = seeded(make)
    lsuv(network, batch(*shape), seed=1)
    found = deviations(network, batch(*shape))
    assert found == pytest.approx(dict.fromkeys(found, 1), abs=0.01)
    for layer in network:
        if isinstance(layer, WEIGHTED):
            assert layer.bias is None or not layer.bias.any()
            weight = layer.weight.detach().flatten(1)
            products = weight @ weight.T if len(weight) <= weight.shape[1] else weight.T @ weight
            scale = products.diagonal().mean()
            torch.testing.assert_close(products / scale, torch.eye(len(products)))


@pytest.mark.parametrize("name", ["hps", "mdmtn"])
def test_generic_networks_on_digits(name):
    split = Samples(torch.rand(2, 1, 28, 28), pictures(sizes=(2, 2, 2)).train.targets)
    problem = dataclasses.replace(pictures(), train=split, val=split, test=split)
    network = build_network(name, problem, 0)
    images = batch(1, 28, 28).clamp(0, 1)
    lsuv(network, images, seed=1)
    found = deviations(network, images)
    assert len(found) == sum(isinstance(module, WEIGHTED) for module in network.modules())
    assert found == pytest.approx(dict.fromkeys(found, 1), abs=0.01)


def test_ten_layers_keep_a_signal_that_the_default_lets_die():
    network = seeded(deep)
    inputs = batch(40) / 2.5
    assert network(inputs).std(dim=0).mean() < 0.001
    lsuv(network, inputs, seed=1)
    assert network(inputs).std(dim=0).mean() > 0.3


def test_the_forward_pass_says_the_order_and_is_made_once():
    class Reversed(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(20, 20)
            self.first = nn.Linear(12, 20)
            self.passes = 0

        def forward(self, inputs):
            self.passes += 1
            return self.last(torch.relu(self.first(input=inputs)))

    network = seeded(Reversed)
    lsuv(network, batch(12), seed=1)
    assert network.passes == 1
    assert deviations(network, batch(12)) == pytest.approx({"first": 1, "last": 1}, abs=0.01)


def test_layers_out_of_reach_and_layers_reached_twice():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = nn.Linear(6, 4)
            self.again = nn.Linear(12, 12)
            self.tied = nn.Linear(12, 12)
            self.tied.weight = self.again.weight

        def forward(self, inputs):
            return self.tied(torch.relu(self.again(torch.relu(self.again(inputs)))))

    network = seeded(Odd)
    lsuv(network, batch(12), seed=1)
    found = deviations(network, batch(12))
    assert found["again"] == pytest.approx(1, abs=0.01)
    assert found["tied"] < 0.9
    weight = network.unused.weight.detach()
    torch.testing.assert_close(weight @ weight.T, torch.eye(4))
    assert not network.unused.bias.any()


def test_buffers_modes_and_hooks_stay_as_they_were():
    network = seeded(batch_norm)
    network[1].running_mean.fill_(0.7)
    network.eval()
    network[1].train()
    buffers = dict(network.named_buffers())
    before = {name: buffer.clone() for name, buffer in buffers.items()}
    lsuv(network, batch(2, 6, 6), seed=1)
    assert all(dict(network.named_buffers())[name] is buffer for name, buffer in buffers.items())
    assert same(before, buffers)
    assert [module.training for module in network] == [False, True, False, False, False]
    assert not any(module._forward_hooks for module in network.modules())
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_hooks_of_the_networks_own_stay_and_see_scaled_outputs():
    network = seeded(mlp)
    seen = []
    network[0].register_forward_hook(lambda _, __, outputs: seen.append(outputs) or 2 * outputs)
    lsuv(network, batch(12), seed=1)
    assert [outputs.std().item() for outputs in seen] == pytest.approx([1], abs=0.01)
    found = deviations(network, batch(12))
    assert found["2"] == pytest.approx(1, abs=0.01)


def test_dropout_counts():
    network = seeded(lambda: nn.Sequential(nn.Linear(50, 60), nn.Dropout(0.8), nn.Linear(60, 50)))
    lsuv(network, batch(50), seed=1)
    assert deviations(network, batch(50, seed=4))["2"] == pytest.approx(1, abs=0.05)
    evaluated = network.eval()(batch(50))
    assert evaluated.std().item() == pytest.approx(0.2**0.5, abs=0.05)


def test_the_seed_decides_and_torchs_own_generator_is_left_alone():
    start = seeded(lambda: Noisy(0.3))
    networks = [copy.deepcopy(start) for _ in range(3)]
    before = torch.get_rng_state()
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        torch.rand(1)
        drawn = torch.get_rng_state()
        lsuv(network, batch(2, 6, 6), seed=seed)
        assert torch.equal(torch.get_rng_state(), drawn)
    torch.set_rng_state(before)
    one, repeated, other = (states(network) for network in networks)
    assert same(one, repeated)
    for name, parameter in networks[0].named_parameters():
        if parameter.dim() > 1:
            assert not torch.equal(one[name], other[name])


@pytest.mark.parametrize("seed", [0, 1])
def test_what_was_in_the_layers_before_does_not_matter(seed):
    networks = [seeded(mlp, start) for start in (5, 6)]
    for network in networks:
        lsuv(network, batch(12), seed=seed)
    assert same(states(networks[0]), states(networks[1]))


class Normalised(nn.Linear):
    def forward(self, inputs):
        outputs = super().forward(inputs)
        return 3 * outputs / outputs.std(correction=0)


def narrowing():
    """The rectifier of its second layer gives the same for every input."""
    return nn.Sequential(nn.Linear(12, 4), nn.Threshold(99.0, 0.1), nn.Linear(4, 1))


NO_SPREAD = "have standard deviation {}, but LSUV needs outputs that are finite and vary; give it"


@pytest.mark.parametrize(
    ("make", "inputs", "message"),
    [
        (mlp, torch.zeros(9, 12), r"outputs \(9, 30\) of layer 0 " + NO_SPREAD.format("0")),
        (mlp, torch.full((9, 12), torch.nan), "of layer 0 " + NO_SPREAD.format("nan")),
        (mlp, torch.full((9, 12), torch.inf), "of layer 0 " + NO_SPREAD.format("nan")),
        (mlp, 1e38 * batch(12), "of layer 0 " + NO_SPREAD.format("(inf|nan)")),
        (mlp, torch.ones(0, 12), r"outputs \(0, 30\) of layer 0 " + NO_SPREAD.format("nan")),
        (narrowing, batch(12), r"outputs \(256, 1\) of layer 2 " + NO_SPREAD.format(".*")),
        (lambda: nn.Linear(5, 1), torch.ones(9, 5), "layer itself " + NO_SPREAD.format(".*")),
        (
            lambda: nn.Sequential(weight_norm(nn.Linear(12, 4))),
            batch(12),
            "weight of layer 0 is computed from other parameters.*; remove the parametrisation",
        ),
        (
            lambda: nn.Sequential(Normalised(12, 4)),
            batch(12),
            "outputs of layer 0 do not get standard deviation 1, but 3 when",
        ),
    ],
)
def test_what_cannot_be_scaled_is_told_and_leaves_no_trace(make, inputs, message):
    network = seeded(make).eval()
    before = torch.get_rng_state()
    with pytest.raises(InputError, match=message):
        lsuv(network, inputs, seed=0)
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(module.training or module._forward_hooks for module in network.modules())
