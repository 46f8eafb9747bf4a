"""How much each counted layer decides on, against a count by hand."""

import pytest
import torch
from torch import nn

from paretocli.core.problem import Problem, Samples, Task
from paretocli.sparsity.layers import counted_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sweeping import sparsity_shares as shares_module
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.sparsity_shares import sparsity_shares
from paretocli.sweeping.sweep_network import network_layers

CPU = torch.device("cpu")


class Chain(nn.Module):
    """4 → 5 → 7 → 3, and two heads; the second and third matrix count."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Linear(4, 5), nn.Linear(5, 7), nn.Linear(7, 3)
        self.heads = nn.ModuleList(nn.Linear(3, 1) for _ in range(2))

    def forward(self, inputs):
        features = torch.relu(self.second(torch.relu(self.first(inputs))))
        features = torch.relu(self.third(features))
        return [head(features) for head in self.heads]


class Moody(Chain):
    """What it does depends on its inputs."""

    def forward(self, inputs):
        return super().forward(inputs if inputs.sum() > 0 else -inputs)


def problem_of(network):
    inputs = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
    samples = Samples(inputs, (inputs[:, :1], inputs[:, 1:2]))
    mse = nn.functional.mse_loss
    return Problem(
        name="chain",
        tasks=[Task("a", mse), Task("b", mse)],
        train=samples,
        val=samples,
        test=samples,
        networks={"chain": network},
    )


@pytest.fixture
def chain():
    problem = problem_of(Chain)
    network = Chain()
    return problem, network, counted_layers(network_layers(network, problem))


@pytest.mark.parametrize(
    ("of", "leaving"),
    [
        # A row takes itself along, and the neuron that made its input: its weights and its bias.
        ("parameters", (5 * (7 + 4 + 1), 7 * (3 + 5 + 1))),
        ("macs", (5 * (7 + 4), 7 * (3 + 5))),
        ("own", (5 * 7, 7 * 3)),
    ],
)
def test_shares_are_what_leaves_with_the_rows(chain, of, leaving):
    problem, network, layers = chain
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found, note = sparsity_shares(of, layers, TracedNetwork(network, problem))
    assert found == pytest.approx([size / sum(leaving) for size in leaving])
    assert note == ""
    after = network.state_dict()
    assert all(tensor.equal(after[name]) for name, tensor in before.items())


def test_without_a_fixed_graph_each_layer_counts_by_itself():
    problem, network = problem_of(Moody), Moody()
    layers = counted_layers(network_layers(network, problem))
    found, note = sparsity_shares("parameters", layers, TracedNetwork(network, problem))
    assert found == pytest.approx([35 / 56, 21 / 56])
    assert "own parameters" in note


def test_a_layer_from_which_nothing_leaves_counts_by_itself(chain, monkeypatch):
    problem, network, layers = chain
    monkeypatch.setattr(shares_module, "_leaving", lambda *_: [60.0, 0.0])
    found, note = sparsity_shares("parameters", layers, TracedNetwork(network, problem))
    assert found == pytest.approx([60 / 81, 21 / 81])
    assert note.startswith("third.weight:")


def test_f_0_is_weighed_by_the_shares(chain):
    _, network, layers = chain
    stacked = {name: p.detach().unsqueeze(0) for name, p in network.named_parameters()}
    settings = SparsitySettings()

    def value(*shares):
        return SparsityObjective(layers, settings, CPU, shares).value(stacked)

    torch.testing.assert_close(value(0.3, 0.7), 0.3 * value(1.0, 0.0) + 0.7 * value(0.0, 1.0))
