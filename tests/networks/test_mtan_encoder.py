"""The MTAN for outputs that are not images."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses

from paretocli.core.problem import Task
from paretocli.networks.generic import generic_mtan
from paretocli.population.population import Population
from paretocli.sparsity.layers import find_layers
from tests.toys import CPU

SHAPES = [(1, 28, 28), (3, 20, 24), (1, 12, 12), (16,)]


def samples(shape, count=8):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(2))


def made(shape):
    torch.manual_seed(0)
    network = generic_mtan(shape, [3, 5])
    # A few batches, so that batch norm's statistics are no longer those of a new network.
    for count in (8, 12):
        network(samples(shape, count))
    return network.eval()


@pytest.mark.parametrize("shape", SHAPES)
def test_against_a_forward_pass_written_out(shape):
    network, x = made(shape), samples(shape)
    p1 = network.stages[0](x)
    p2 = network.stages[1](p1)
    for masks, head, output in zip(network.attention, network.heads, network(x), strict=True):
        a1 = masks[0](p1) * p1
        a2 = masks[1](torch.cat([p2, network.between[0](a1)], dim=1)) * p2
        features = F.relu(network.last[1](a2.flatten(1)))
        torch.testing.assert_close(output, F.linear(features, head.weight, head.bias))


@pytest.mark.parametrize("shape", SHAPES)
def test_attention_is_between_nothing_and_all(shape):
    network = made(shape)
    p1 = network.stages[0](samples(shape))
    for masks in network.attention:
        shares = masks[0](p1)
        assert shares.shape == p1.shape
        assert 0 < shares.min() < shares.max() < 1


@pytest.mark.parametrize("shape", SHAPES)
def test_attention_and_heads_are_the_tasks_own_and_the_rest_is_shared(shape):
    network = made(shape).train()
    network(samples(shape))[1].square().sum().backward()
    for name, parameter in network.named_parameters():
        kind, _, rest = name.partition(".")
        others = kind in {"attention", "heads"} and not rest.startswith("1.")
        assert (parameter.grad is None) == others, name
        assert others or parameter.grad.abs().max() > 0, name


def test_layers_for_sparsity():
    shape = SHAPES[0]
    layers = {layer.name: layer for layer in find_layers(made(shape), samples(shape))}
    inputs = [name for name, layer in layers.items() if layer.role == "input"]
    assert inputs == ["stages.0.0.weight"]
    heads = [name for name, layer in layers.items() if layer.role == "head"]
    assert heads == ["heads.0.weight", "heads.1.weight"]
    # What lies between the stages is passed once by each task.
    assert layers["between.0.0.weight"].positions == 2 * 8 * 8
    # Stages and between, four maps of the masks of each task, and the last.
    assert sum(layer.role == "hidden" for layer in layers.values()) == 1 + 1 + 2 * 4 + 1


@pytest.mark.parametrize("shape", [SHAPES[0], SHAPES[-1]])
def test_stacked_as_one_after_another(shape):
    tasks = [Task("a", F.mse_loss, outputs=3), Task("b", F.mse_loss, outputs=5)]
    targets = (torch.ones(8, 3), torch.zeros(8, 5))
    found = []
    for stacked in (True, False):
        population = Population(made(shape).train(), tasks, 2, device=CPU, stacked=stacked)
        with torch.no_grad():
            population.parameters["heads.1.bias"][1] += 1
        losses, _ = population.measure(samples(shape), targets)
        losses.sum().backward()
        gradients = {name: p.grad for name, p in population.parameters.items()}
        found.append((losses, gradients, population.buffers))
    for stacked, in_turn in zip(*found, strict=True):
        torch.testing.assert_close(stacked, in_turn, atol=1e-5, rtol=1e-4)
