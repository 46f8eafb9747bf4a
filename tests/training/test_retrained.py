"""Values of rows that are left, from the networks that a search started from."""

import pytest
import torch
from torch import nn

from paretocli.population.population import Population
from paretocli.sparsity.layers import find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import zero_rows
from paretocli.training.retrained import Retrained
from tests.toys import CPU, quadratics


class Network(nn.Module):
    """A convolution that counts, beside layers that do not."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 5, 3)
        self.norm = nn.BatchNorm2d(5)
        self.second = nn.Conv2d(5, 3, 1)

    def forward(self, inputs):
        return [self.second(self.norm(self.first(inputs))).mean((2, 3))]


@pytest.fixture
def both():
    """Three networks, what they started from, and what counts."""
    torch.manual_seed(0)
    network = Network()
    layers = [one for one in find_layers(network, torch.zeros(2, 1, 4, 4)) if "sec" in one.name]
    population = Population(network, quadratics([[0.0]], [0.0]).tasks, 3, device=CPU)
    with torch.no_grad():
        for tensor in population.state_dict().values():
            tensor.copy_(torch.randn(tensor.shape) if tensor.is_floating_point() else tensor)
        population.parameters["second.weight"][:, :, [0, 1]] = 0
    before = {name: torch.randn(t.shape) for name, t in population.state_dict().items()}
    before["second.weight"][:, :, [1, 2]] = 0
    return population, before, SparsityObjective(layers, SparsitySettings(), CPU)


def test_what_is_left_has_the_values_that_it_was_retrained_to(both):
    population, before, sparsity = both
    own = {name: tensor.clone() for name, tensor in population.state_dict().items()}
    there = torch.tensor([True, True, False])
    Retrained(before, there).put_(population, sparsity, torch.tensor([True, False, True]))
    found = population.state_dict()
    for name, tensor in found.items():  # neither who kept its rows, nor who has no parent
        assert torch.equal(tensor[1:], own[name][1:])
    rows, theirs = found["second.weight"][0], before["second.weight"][0]
    assert zero_rows(found["second.weight"])[0].tolist() == [True, True, False, False, False]
    assert torch.equal(rows[:, 3:], theirs[:, 3:])
    assert torch.equal(rows[:, 2], own["second.weight"][0][:, 2])  # which the parent had lost
    for name in found.keys() - {"second.weight"}:
        assert torch.equal(found[name][0], before[name][0].to(found[name].dtype))
