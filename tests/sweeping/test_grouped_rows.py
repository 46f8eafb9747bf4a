"""Rows that become zero together in a sweep of a small residual network with two heads."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import nn

from paretocli.compaction.shipping import compact_network, size_of
from paretocli.core.problem import Problem, Samples, Task
from paretocli.sparsity.blocks import Blocks
from paretocli.sparsity.grouping import described
from paretocli.sparsity.layers import counted_layers
from paretocli.sweeping.grouped_rows import grouped_rows, heads_of
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.sizes import TracedNetwork
from paretocli.sweeping.sweep_network import network_layers

IMAGES = torch.randn(12, 3, 8, 8, generator=torch.Generator().manual_seed(0))


class Residual(nn.Module):
    """Two blocks of one stream; the heads read what the second one gives."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.a0, self.b0 = nn.Conv2d(8, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.a1, self.b1 = nn.Conv2d(8, 6, 3, padding=1), nn.Conv2d(6, 8, 3, padding=1)
        self.heads = nn.ModuleList(nn.Linear(8, 2) for _ in range(2))

    def forward(self, x):
        x = F.relu(self.stem(x))
        for a, b in ((self.a0, self.b0), (self.a1, self.b1)):
            x = F.relu(x + b(F.relu(a(x))))
        return [head(x.mean(dim=(2, 3))) for head in self.heads]


def problem():
    samples = Samples(IMAGES, (IMAGES[:, 0, 0, :2], IMAGES[:, 1, 0, :2]))
    mse = nn.functional.mse_loss
    return Problem(
        name="residual",
        tasks=[Task("left", mse), Task("right", mse)],
        train=samples,
        val=samples,
        test=samples,
        networks={"residual": Residual},
    )


def found(**options):
    return resolve({"weights": ["0.2,0.4,0.4"], **options}, made=problem()).config


def test_a_sweep_has_groups_and_the_heads_are_part_of_them():
    config = found(groups="streams")
    assert config.groups == "streams"
    assert described(config.grouped_rows) == ["8 of a0, a1, heads.0, heads.1"]
    assert {"heads.0.weight", "heads.1.weight"} < {*config.sparse_layers}
    assert len(config.sparsity_shares) == 3  # the groups, and the two layers within the blocks
    assert sum(config.sparsity_shares) == pytest.approx(1)


def test_without_them_each_layer_is_alone():
    config = found()
    assert (config.groups, config.grouped_rows) == ("none", ())
    assert config.sparse_layers == ("a0.weight", "b0.weight", "a1.weight", "b1.weight")


def test_layers_that_were_chosen_are_all_that_count():
    # The heads hold the stream, so that nothing is gained by rows that agree.
    config = found(sparse_layers="a*,b*", groups="streams")
    assert (config.groups, config.grouped_rows) == ("none", ())
    chosen = found(sparse_layers="a*,heads*", groups="streams")
    assert described(chosen.grouped_rows) == ["8 of a0, a1, heads.0, heads.1"]


@torch.no_grad()
def test_as_many_zero_rows_leave_a_smaller_network_with_equal_outputs():
    network, made = Residual(), problem()
    layers = network_layers(network, made)
    traced = TracedNetwork(network, made)
    counted = counted_layers(layers)
    grouping, note = grouped_rows("streams", counted, traced, heads_of(layers))
    assert note == ""
    every = [layer for layer in layers if layer.role != "input"]
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    sizes, zero = [], []
    for slots in ((), grouping):
        network.load_state_dict(start)
        generator, count = torch.Generator().manual_seed(1), 0
        for block in Blocks(every, slots).each:
            rows = torch.randperm(block.rows, generator=generator)[: block.rows // 2]
            for member in block.members:
                network.get_parameter(member.layer.name)[:, member.places[:, rows].flatten()] = 0
                count += member.places[:, rows].numel()
        small = compact_network(traced.tracing)
        for whole, few in zip(network(IMAGES), small(IMAGES), strict=True):
            torch.testing.assert_close(few, whole)
        sizes.append(size_of(small, (IMAGES[:1],)).parameters)
        zero.append(count)
    assert zero[0] == zero[1]
    assert sizes[1] < 0.7 * sizes[0]
