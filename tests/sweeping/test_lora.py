"""Sweeps of networks with adapters."""

import dataclasses

import pytest
import torch
from torch import nn

import paretocli
from tests.lora import SHIPPED, WIDTH, Adapted, make
from tests.odd import CLASSES

SHORT = {"points": 3, "epochs": 2, "threads": 1, "jobs": 1, "progress": False}


def of(network):
    return dataclasses.replace(make(), networks={"net": network})


class Half(Adapted):
    """With a layer between that is trained, and so counts."""

    def __init__(self):
        super().__init__()
        self.between = nn.Linear(WIDTH, WIDTH)

    def forward(self, inputs):
        features = torch.relu(self.hidden(torch.relu(self.first(inputs))))
        features = torch.relu(self.last(torch.relu(self.between(features))))
        return [self.kind(features), self.size(features).squeeze(-1)]


def test_adapters_train_alone_and_are_shipped_as_part_of_their_matrices(tmp_path):
    run = paretocli.sweep(of(Adapted), out=tmp_path / "run", **SHORT)
    assert run.objectives == ("kind", "size")
    network = run.network(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        frozen = Adapted()
    own, other = network.state_dict(), frozen.state_dict()
    moved = {name for name in own if not torch.equal(own[name], other[name])}
    assert moved == {name for name, p in network.named_parameters() if p.requires_grad}
    found = run.export(1, tmp_path / "exported")
    assert found.after.parameters == SHIPPED
    assert found.before.parameters == sum(p.numel() for p in network.parameters())


def test_what_is_counted_is_the_size_as_shipped(tmp_path):
    weights = [[0.9, 0.05, 0.05]]
    short = {name: value for name, value in SHORT.items() if name != "points"}
    run = paretocli.sweep(of(Half), out=tmp_path / "run", weights=weights, lr=0.05, **short)
    assert run.objectives[0] == "sparsity"
    exported = run.export(0, tmp_path / "exported")
    assert run.results["compact_parameters"][0] == exported.after.parameters
    assert exported.after.parameters <= SHIPPED + (WIDTH + 1) * WIDTH


def test_a_network_that_peft_wrapped(tmp_path):
    peft = pytest.importorskip("peft", reason="needs peft, which is no extra of this package")

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.hidden = nn.Linear(6, WIDTH), nn.Linear(WIDTH, WIDTH)
            self.kind, self.size = nn.Linear(WIDTH, CLASSES), nn.Linear(WIDTH, 1)

        def forward(self, inputs):
            features = torch.relu(self.hidden(torch.relu(self.first(inputs))))
            return [self.kind(features), self.size(features).squeeze(-1)]

    def wrapped():
        config = peft.LoraConfig(
            r=4, target_modules=["hidden"], modules_to_save=["kind", "size"], lora_dropout=0.1
        )
        return peft.get_peft_model(Plain(), config)

    run = paretocli.sweep(of(wrapped), out=tmp_path / "run", **SHORT)
    assert run.objectives == ("kind", "size")
    found = run.export(1, tmp_path / "exported")
    assert found.after.parameters == sum(p.numel() for p in Plain().parameters())
