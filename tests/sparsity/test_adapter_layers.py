"""Which layers are adapters beside frozen ones."""

import pytest
import torch
from torch import nn

from paretocli.sparsity.layers import counted_layers, find_layers
from paretocli.sparsity.left_out import left_out
from tests.lora import Adapted, Lora
from tests.odd import Net

INPUTS = torch.randn(2, 6)


def roles(network):
    return {
        layer.name.removesuffix(".weight"): layer.role for layer in find_layers(network, INPUTS)
    }


def test_adapters_beside_frozen_layers_do_not_count():
    network = Adapted()
    assert roles(network) == {
        "first": "input",
        "hidden.base": "hidden",
        "hidden.inner": "adapter",
        "hidden.outer": "adapter",
        "last.base": "hidden",
        "last.inner": "adapter",
        "last.outer": "adapter",
        "kind": "head",
        "size": "head",
    }
    layers = find_layers(network, INPUTS)
    assert counted_layers(layers) == ()
    # Who names them has them.
    assert [one.name for one in counted_layers(layers, ["last.outer"])] == ["last.outer.weight"]
    reasons = {one.name: one.reason for one in left_out(network, INPUTS, ())}
    assert reasons["hidden.inner.weight"] == ("export makes it part of the frozen matrix beside it")
    assert reasons["hidden.base.weight"] == "it is frozen"


def test_beside_what_is_trained_they_are_layers_as_others():
    network = Adapted()
    network.hidden.base.requires_grad_(True)
    found = roles(network)
    assert found["hidden.inner"] == found["hidden.outer"] == "hidden"
    assert found["last.inner"] == "adapter"


def test_a_head_and_an_input_layer_may_have_them():
    network = Net(first=Lora(nn.Linear(6, 8)))
    network.kind = Lora(nn.Linear(8, 3))
    found = roles(network)
    assert {name for name, role in found.items() if role == "adapter"} == {
        *("first.inner", "first.outer", "kind.inner", "kind.outer")
    }
    assert found["kind.base"] == "head"
    assert found["hidden"] == "hidden"


class Bent(Lora):
    """With something between that no matrix does."""

    def forward(self, inputs):
        return self.base(inputs) + self.outer(torch.relu(self.inner(inputs)))


class Elsewhere(Lora):
    """Of other inputs than the layer beside it."""

    def forward(self, inputs):
        return self.base(inputs) + self.outer(self.inner(inputs.flip(-1)))


@pytest.mark.parametrize("kind", [Bent, Elsewhere])
def test_what_is_added_to_a_frozen_layer_need_be_no_adapter(kind):
    network = Net(body=kind(nn.Linear(8, 8)))
    found = roles(network)
    assert found["body.inner"] == found["body.outer"] == "hidden"
