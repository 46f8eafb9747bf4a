"""Inverted residual blocks, with depthwise convolutions and with ones in larger groups."""

import pytest
import torch
from torch import nn
from torch.nn.functional import relu

from paretocli.compaction.readers import read_together
from paretocli.compaction.shipping import compact_network, size_of
from paretocli.compaction.trace import trace
from paretocli.sparsity.blocks import Blocks
from paretocli.sparsity.grouping import described, grouping_of
from paretocli.sparsity.layers import counted_layers, find_layers

IMAGES = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
STREAM, INSIDE = 6, 12


class Inverted(nn.Module):
    """A stem, two blocks of one stream (wide inside, in groups), and a head."""

    def __init__(self, groups):
        super().__init__()
        self.stem = nn.Conv2d(3, STREAM, 3, padding=1)
        for k in range(2):
            self.add_module(f"wide{k}", nn.Conv2d(STREAM, INSIDE, 1, bias=False))
            self.add_module(f"norm{k}", nn.BatchNorm2d(INSIDE))
            self.add_module(f"deep{k}", nn.Conv2d(INSIDE, INSIDE, 3, padding=1, groups=groups))
            self.add_module(f"slim{k}", nn.Conv2d(INSIDE, STREAM, 1))
        self.head = nn.Linear(STREAM, 2)

    def forward(self, x):
        x = relu(self.stem(x))
        for k in range(2):
            wide, norm, deep, slim = (
                getattr(self, f"{name}{k}") for name in ("wide", "norm", "deep", "slim")
            )
            x = relu(x + slim(relu(deep(relu(norm(wide(x)))))))
        return (self.head(x.mean(dim=(2, 3))),)


def found_of(network):
    """Its tracing, the layers whose rows count, and how they go together."""
    layers = counted_layers(find_layers(network.eval(), IMAGES[:2]), ["wide*", "slim*", "head"])
    weights = {layer.name: network.get_parameter(layer.name) for layer in layers}
    tracing = trace(network, {"images": IMAGES[:2]}, "test")
    readers = read_together(tracing, weights)
    rows = {layer.name: layer.rows for layer in layers}
    return tracing, layers, grouping_of(readers.groups, rows, readers.of_heads)


@pytest.mark.parametrize("groups", [INSIDE, 3, 2])
def test_the_stream_is_a_group_and_what_is_inside_is_alone(groups):
    """Rows that read one group of a convolution are one layer's, and each decides by itself."""
    network = Inverted(groups)
    _, layers, grouping = found_of(network)
    assert described(grouping) == [f"{STREAM} of wide0, wide1, head"]
    # In groups there is no row for each channel.
    assert "deep0.weight" not in {layer.name for layer in layers}


@pytest.mark.parametrize("groups", [INSIDE, 3, 2])
def test_what_leaves_takes_its_groups_along_and_outputs_stay(groups):
    network = Inverted(groups)
    tracing, layers, grouping = found_of(network)
    gone_stream, each = 2, INSIDE // groups
    with torch.no_grad():
        for norm in (network.norm0, network.norm1):
            for tensor in (norm.weight, norm.bias, norm.running_mean):
                tensor.normal_()
        (stream,) = [one for one in Blocks(layers, grouping).each if not one.whole]
        for member in stream.members:
            rows = member.places[:, :gone_stream].flatten()
            network.get_parameter(member.layer.name)[:, rows] = 0
        # Of the first block, all that reads its last group; of the second, all but one of these.
        network.slim0.weight[:, -each:] = 0
        if each > 1:
            network.slim1.weight[:, 1 - each :] = 0
        small = compact_network(tracing)
        for count in (1, len(IMAGES)):
            for one, other in zip(network(IMAGES[:count]), small(IMAGES[:count]), strict=True):
                torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
    left, inside = STREAM - gone_stream, INSIDE - each
    reading = [inside, INSIDE - (each - 1)]  # rows of the layers after the convolutions in groups
    parameters = (3 * 9 + 1) * left + (left + 1) * 2
    for wide, slim in zip((inside, INSIDE), reading, strict=True):
        parameters += (left + 1) * wide + (each * 9 + 1) * wide + (slim + 1) * left
    assert size_of(small, (IMAGES[:1],)).parameters == parameters
