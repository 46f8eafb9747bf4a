"""Networks that are to be no larger than a limit when their search ends."""

import pytest
import torch
from torch import nn

from paretocli.population.population import Population
from paretocli.sparsity.layers import find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import zero_rows
from paretocli.training.size_limit import SizeLimit
from tests.toys import CPU, growl_of, make_trainer, quadratics, vectors

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
    limit.keep_(population, sparsity, torch.tensor(healthy), never)
    return population


def never():
    """Of one layer the same rows go in each order, so that nothing need be measured."""
    raise AssertionError


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
    SizeLimit(lambda tensors: 1.2).keep_(population, sparsity, torch.tensor([True, True]), never)
    assert kept(population) == [HIDDEN, HIDDEN]


class TwoWidths(nn.Module):
    """Rows of eight parameters and, behind them, rows of two."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, HIDDEN)
        self.wide = nn.Linear(HIDDEN, 8)
        self.narrow = nn.Linear(8, 2)

    def forward(self, inputs):
        return [self.narrow(torch.relu(self.wide(torch.relu(self.first(inputs)))))]


def of_rows(tensors):
    return 8 * rows_left(tensors["wide.weight"]) + 2 * rows_left(tensors["narrow.weight"])


def rows_left(weight):
    return (weight != 0).any(dim=-2).sum(dim=-1)


@pytest.fixture
def of_two_widths():
    torch.manual_seed(0)
    network = TwoWidths()
    layers = [one for one in find_layers(network, torch.zeros(2, 3)) if one.name != "first"]
    population = Population(network, quadratics([[0.0]], [0.0]).tasks, 2, device=CPU)
    return population, SparsityObjective(layers, SparsitySettings(), CPU)


def test_of_several_orders_each_network_gets_its_best(of_two_widths):
    """The first is best with many rows of eight parameters, the second with few."""
    population, sparsity = of_two_widths
    measured = []

    def value():
        wide = rows_left(population.parameters["wide.weight"])
        measured.append(wide.tolist())
        return torch.stack([-wide[0], wide[1]]).float()

    limit = SizeLimit(lambda tensors: float(of_rows(tensors)) / 40)
    limit.keep_(population, sparsity, torch.tensor([True, True]), value)
    first, second = zip(*measured, strict=True)
    assert len({*first}) > 1
    assert rows_left(population.parameters["wide.weight"]).tolist() == [max(first), min(second)]
    for member in range(2):
        own = {name: t[member] for name, t in population.state_dict().items()}
        assert 30 < of_rows(own) <= 40


def test_what_is_not_finite_is_not_chosen(of_two_widths):
    population, sparsity = of_two_widths
    found = []

    def value():
        found.append(rows_left(population.parameters["wide.weight"]).tolist())
        return torch.tensor([torch.nan, 1.0] if len(found) == 1 else [9.0, 2.0])

    limit = SizeLimit(lambda tensors: float(of_rows(tensors)) / 40)
    limit.keep_(population, sparsity, torch.tensor([True, True]), value)
    chosen = rows_left(population.parameters["wide.weight"]).tolist()
    assert found[0][0] != found[1][0]
    assert chosen == [found[1][0], found[0][1]]


class Measured:
    """Takes no rows away, and keeps how good the networks were."""

    def keep_(self, population, sparsity, healthy, value):
        self.found = value()


def test_networks_are_judged_by_what_they_are_retrained_for():
    """By the tasks alone, where these alone count from then on, on the validation data."""
    problem, asked = vectors(), Measured()
    trainer = make_trainer(
        problem,
        [[0.8, 0.1, 0.1], [0.2, 0.3, 0.5]],
        sparsity=growl_of(problem),
        size_limit=asked,
        relaxed=True,
        epochs=1,
        retrain_epochs=1,
        lr=0.05,
    )
    trainer.run_epoch()
    losses, scalarization = trainer.evaluated("val")[0], trainer.solver.scalarization
    trainer.end_search()
    assert asked.found.equal(scalarization.without_the_first().value(losses))
    assert not asked.found.allclose(scalarization.value(losses))
    train = trainer.evaluated("train")[0]
    assert not asked.found.allclose(trainer.solver.value(train))
