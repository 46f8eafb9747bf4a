"""How many channels are made, and who reads them, on networks whose widths are known."""

import torch
from torch import nn

from paretocli.compaction.widths import widths_of
from paretocli.sparsity.layers import counted_layers, find_layers
from tests.compaction.networks import operations
from tests.compaction.test_heads import EACH, HEADS, WIDTH, WORDS, Attending
from tests.compaction.test_inverted_residuals import IMAGES as SQUARES
from tests.compaction.test_inverted_residuals import INSIDE, STREAM, Inverted


def found(network, inputs, patterns=()):
    """The widths as what makes them, how many parts leave, how many each is."""
    layers = counted_layers(find_layers(network.eval(), inputs[:2]), patterns)
    weights = {layer.name: network.get_parameter(layer.name) for layer in layers}
    widths = widths_of(operations(network, inputs), weights)
    for one in widths.widths:
        assert one.largest == one.each * len(one.parts)
    assert [len(w.parts) for w in widths.widths] == sorted(len(w.parts) for w in widths.widths)
    rows = [row for channel in widths.channels for row in channel]
    assert len(rows) == len({*rows})
    named = {
        one.made_by.removeprefix("network.").removesuffix(".weight"): one for one in widths.widths
    }
    return {name: (len(w.parts), w.each) for name, w in named.items()}, widths


class Flat(nn.Module):
    """A flattened convolution, and features of which one output is made, and that are another."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Linear(4 * 36, 6)
        self.head = nn.Linear(6, 2)

    def forward(self, images):
        features = torch.relu(self.second(torch.relu(self.first(images)).flatten(1)))
        return self.head(features), features


def test_pixels_of_a_channel_go_with_it_and_what_is_an_output_stays():
    widths, whole = found(Flat(), SQUARES, ["second", "head"])
    assert widths == {"first": (4, 1)}
    assert {("second.weight", row) for row in range(36, 72)} in whole.channels


def test_heads_leave_with_all_their_channels():
    assert found(Attending(), WORDS)[0] == {"embed": (WIDTH, 1), "q": (HEADS, EACH)}


def test_groups_of_a_convolution_leave_as_a_whole():
    inside = (3, INSIDE // 3)
    expected = {"stem": (STREAM, 1), "wide0": inside, "wide1": inside}
    assert found(Inverted(3), SQUARES, ["wide*", "slim*", "head"])[0] == expected
