"""Mixtures of experts."""

import pytest
import torch
from torch import nn

from paretocli.compaction.shipping import compact_network, size_of
from paretocli.compaction.trace import trace
from paretocli.networks.experts import PLE, Extraction, Gate, MMoE
from paretocli.networks.generic import generic_mmoe, generic_ple, generic_tabular_resnet

GENERIC = (generic_mmoe, generic_ple, generic_tabular_resnet)


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def mixed(weight, inputs, features):
    """The mixture of one sample, written out."""
    scores = [sum(w * x for w, x in zip(row, inputs, strict=True)) for row in weight.tolist()]
    powers = [pow(2.718281828459045, score) for score in scores]
    return sum(p / sum(powers) * f for p, f in zip(powers, features, strict=True))


def test_a_gate_weighs_by_the_inputs():
    gate, inputs, features = Gate(3, 2), torch.randn(4, 3), torch.randn(4, 2, 5)
    for row, found in enumerate(gate(inputs, features)):
        expected = mixed(gate.shares[1].weight, inputs[row].tolist(), features[row])
        torch.testing.assert_close(found, expected)


def test_each_task_has_its_mixture_of_the_same_experts():
    network = MMoE([nn.Linear(3, 5), nn.Linear(3, 5)], 3, 5, (2, 1))
    inputs = torch.randn(4, 3)
    features = torch.stack([expert(inputs) for expert in network.experts], dim=1)
    for task, found in enumerate(network(inputs)):
        mixture = network.gates[task](inputs, features)
        torch.testing.assert_close(found, network.heads[task](mixture))


def test_levels_keep_the_tasks_experts_apart():
    def level(inputs, *, last):
        own = [[nn.Linear(inputs, 4)] for _ in range(2)]
        return Extraction([nn.Linear(inputs, 4)], own, inputs, last=last)

    network = PLE([level(3, last=False), level(4, last=True)], 4, (2, 1))
    inputs = torch.randn(6, 3)
    first, second = network(inputs)
    assert (first.shape, second.shape) == ((6, 2), (6, 1))
    # The second task's own experts of the last level are none of the first one's business, those
    # of the first level reach it by what is shared.
    first.sum().backward()
    assert network.levels[1].own[1][0].weight.grad is None
    assert network.levels[1].own[0][0].weight.grad.abs().sum() > 0
    assert network.levels[0].own[1][0].weight.grad.abs().sum() > 0
    # Alone with the first shared expert, a level is that expert.
    alone = Extraction([nn.Linear(3, 4)], [[], []], 3, last=False)
    found, common = alone([inputs, inputs], inputs)
    for one in (*found, common):
        torch.testing.assert_close(one, alone.shared[0](inputs))


@pytest.mark.parametrize("make", GENERIC)
@pytest.mark.parametrize("shape", [(7,), (1, 8, 8), (3, 24, 24)])
def test_they_fit_inputs_of_any_shape(make, shape):
    outputs = make(shape, (3, 1))(torch.randn(2, *shape))
    assert [tuple(output.shape) for output in outputs] == [(2, 3), (2, 1)]


@pytest.mark.parametrize("make", GENERIC)
def test_without_zero_rows_they_are_smaller_and_give_the_same(make):
    network, inputs = make((6,), (2, 1)), torch.randn(40, 6)
    for _ in range(3):  # batch norm learns its statistics
        network(inputs * 2 + 1)
    network.eval()
    whole = size_of(network, (inputs[:1],)).parameters
    for name, weight in network.named_parameters():
        if weight.dim() == 2 and "heads" not in name:
            weight.data[:, torch.randperm(weight.shape[1])[: weight.shape[1] // 2]] = 0
    small = compact_network(trace(network, {"inputs": inputs[:2]}, "of a test"))
    for one, other in zip(small(inputs), network(inputs), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
    assert size_of(small, (inputs[:1],)).parameters < 0.8 * whole
