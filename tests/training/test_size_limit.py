"""Networks that are to be no larger than a limit when their search ends."""

import pytest
import torch
from torch import nn

from paretocli.population.population import Population
from paretocli.sparsity.layers import find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import zero_rows
from paretocli.training.size_limit import SizeLimit
from tests.toys import CPU, quadratics

HIDDEN = 8


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, HIDDEN)
        self.second = nn.Linear(HIDDEN, 2)

    def forward(self, inputs):
        return [self.second(torch.relu(self.first(inputs)))]


def size(tensors):
    """Of the exported network: each hidden neuron has its inputs, its bias and its outputs."""
    return int((tensors["second.weight"] != 0).any(dim=0).sum()) * (3 + 1 + 2) + 2


@pytest.fixture
def networks():
    """Two networks, the second with half its rows at a tenth of the length."""
    torch.manual_seed(0)
    network = Network()
    layers = [one for one in find_layers(network, torch.zeros(2, 3)) if one.name.startswith("sec")]
    population = Population(network, quadratics([[0.0]], [0.0]).tasks, 2, device=CPU)
    with torch.no_grad():
        population.parameters["second.weight"][1, :, ::2] *= 0.1
    return population, SparsityObjective(layers, SparsitySettings(), CPU)


def kept(population):
    return (~zero_rows(population.parameters["second.weight"])).sum(dim=1).tolist()


def limited(networks, most, healthy=(True, True)):
    population, sparsity = networks
    limit = SizeLimit(lambda tensors: size(tensors) / most)
    limit.keep_(population, sparsity, torch.tensor(healthy))
    return population


def test_as_few_rows_go_as_have_to(networks):
    before = networks[0].parameters["second.weight"].clone()
    population = limited(networks, 45)  # 50 with all of them, 44 with seven
    assert kept(population) == [7, 7]
    gone = zero_rows(population.parameters["second.weight"])
    shortest = before.norm(dim=1).argmin(dim=1)
    assert gone.nonzero()[:, 1].tolist() == shortest.tolist()
    assert population.parameters["second.weight"][~gone.unsqueeze(1).expand_as(before)].equal(
        before[~gone.unsqueeze(1).expand_as(before)]
    )


def test_the_short_ones_go_first(networks):
    population = limited(networks, 38)
    assert kept(population) == [6, 6]
    assert not zero_rows(population.parameters["second.weight"])[1, 1::2].any()


def test_who_is_small_enough_stays(networks):
    assert kept(limited(networks, 50)) == [HIDDEN, HIDDEN]


def test_who_is_far_too_large_becomes_small_enough(networks):
    """Whatever the weights of its search led to."""
    assert kept(limited(networks, 20)) == [3, 3]


def test_who_has_diverged_stays(networks):
    assert kept(limited(networks, 45, healthy=(False, True))) == [HIDDEN, 7]


def test_where_all_that_may_go_is_not_enough_nothing_goes(networks):
    population, sparsity = networks
    SizeLimit(lambda tensors: 1.2).keep_(population, sparsity, torch.tensor([True, True]))
    assert kept(population) == [HIDDEN, HIDDEN]
