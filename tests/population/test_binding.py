"""Networks that compute parts again in the backward pass."""

import pytest
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from paretocli.population.binding import bound
from paretocli.population.population import Population
from paretocli.probing.stacking import RECOMPUTES, recomputing, why_in_turn
from tests.odd import Forgetful, Net, forgetful, problem, tied
from tests.toys import CPU


class Deep(Net):
    """With dropout and batch norm in what may be computed again."""

    def __init__(self, *, again):
        super().__init__(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5), nn.ReLU()))
        self.again = again

    def features(self, inputs):
        if self.again:
            return checkpoint(super().features, inputs, use_reentrant=False)
        return super().features(inputs)


def gradients(network, *, recomputes, size=3):
    """Of each of some networks with parameters of its own, by the parameters' names."""
    made = problem(lambda: network)
    population = Population(network, made.tasks, size, device=CPU, recomputes=recomputes)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in population.parameters.values():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    population.train()
    torch.manual_seed(2)
    losses, _ = population.measure(made.train.inputs, made.train.targets)
    found = torch.autograd.grad(losses.sum(), list(population.parameters.values()))
    return dict(zip(population.parameters, found, strict=True))


def alike(make):
    torch.manual_seed(0)
    return make()


def test_gradients_are_those_without():
    plain = gradients(alike(lambda: Deep(again=False)), recomputes=False)
    again = gradients(alike(lambda: Deep(again=True)), recomputes=True)
    torch.testing.assert_close(again, plain, rtol=1e-5, atol=1e-7)
    # Those with parameters that were taken back are not.
    wrong = gradients(alike(lambda: Deep(again=True)), recomputes=False, size=1)
    one = gradients(alike(lambda: Deep(again=False)), recomputes=False, size=1)
    assert not torch.allclose(wrong["first.weight"], one["first.weight"], rtol=1e-2)


def test_who_computes_again_is_found_out():
    made = forgetful()
    network = Forgetful()
    assert recomputing(made, network)
    assert why_in_turn(made, network, CPU, batch_size=8) == RECOMPUTES
    assert not recomputing(tied(), tied().networks["net"]())
    assert network.training


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU])
def test_recurrent_layers_take_what_they_are_given(layer):
    network = layer(3, 4)
    other = {name: torch.randn_like(p) for name, p in network.named_parameters()}
    inputs = torch.randn(5, 2, 3)
    expected, _ = torch.func.functional_call(network, other, inputs)
    torch.testing.assert_close(bound(network, other)(inputs)[0], expected)


def test_shared_parameters_and_modules_stay_shared():
    shared = nn.Linear(3, 3)
    network = nn.Sequential(shared, nn.ReLU(), shared, nn.Linear(3, 3))
    network[3].weight = shared.weight
    other = {name: torch.randn_like(p) for name, p in network.named_parameters()}
    found = bound(network, other)
    assert found[0] is found[2]
    assert found[3].weight is found[0].weight is other["0.weight"]
    assert network[0].weight is shared.weight is not other["0.weight"]
    inputs = torch.randn(2, 3)
    linear = nn.functional.linear
    hidden = linear(inputs, other["0.weight"], other["0.bias"]).relu()
    hidden = linear(hidden, other["0.weight"], other["0.bias"])
    torch.testing.assert_close(found(inputs), linear(hidden, other["0.weight"], other["3.bias"]))
