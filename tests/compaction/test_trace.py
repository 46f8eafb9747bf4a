"""Graphs of networks, and networks that have none."""

import pytest
import torch
from torch import nn

from paretocli.compaction.compact import compacted
from paretocli.compaction.trace import sample_shape, traced
from paretocli.errors import InputError
from tests.compaction.networks import Outputs


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, inputs):
        return (self.layer(inputs if inputs.sum() > 0 else -inputs),)


class FixedBatch(Branching):
    def forward(self, inputs):
        return (self.layer(inputs.reshape(3, 4)),)


class Writing(Branching):
    def forward(self, inputs):
        images = inputs.reshape(-1, 2, 2).clone()
        for channel in images.unbind(1):
            channel.sub_(1)
        return (self.layer(images.flatten(1)),)


class OneLost(Branching):
    """The network itself fails with one sample."""

    def forward(self, inputs):
        return (self.layer(inputs - inputs.squeeze()[:, :1]),)


class Counting(Branching):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, inputs):
        self.calls += 1
        return (self.layer(inputs),)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Branching, "torch.export makes no graph of.*data-dependent"),
        (FixedBatch, "torch.export makes no graph of"),
        (Writing, "no good for a batch of one sample .shape.*writes into parts of tensors"),
        (OneLost, "fails with a batch of one sample: too many indices"),
        (Counting, "changes its buffers while it is used"),
    ],
)
def test_a_network_without_a_graph_is_refused(network, words):
    with pytest.raises(InputError, match=words) as raised:
        traced(network(), {"inputs": torch.randn(3, 4)}, "odd")
    assert "network odd" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_values_know_the_shape_of_a_sample():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Dropout(), nn.Flatten(), nn.Linear(32, 3))
    graph = traced(Outputs(network), {"inputs": torch.randn(3, 1, 6, 6)}, "plain").graph
    shapes = {node.name: sample_shape(node) for node in graph.nodes}
    assert shapes["conv2d"] == (2, 4, 4)
    assert shapes["reshape"] == (32,)
    assert shapes["linear"] == (3,)
    assert not any("dropout" in name for name in shapes)


class Windows(nn.Module):
    """Cuts images (B, 4, 4, C) into windows (4 B, 4, C), and puts them together again."""

    def __init__(self):
        super().__init__()
        self.embed, self.inner, self.mix = nn.Linear(3, 8), nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, images):
        embedded = self.embed(images)
        size, height, width, channels = embedded.shape
        cut = embedded.view(size, height // 2, 2, width // 2, 2, channels)
        cut = cut.permute(0, 1, 3, 2, 4, 5).reshape(size * height * width // 4, 4, channels)
        mixed = self.mix(torch.relu(self.inner(cut)))
        whole = mixed.view(size, height // 2, width // 2, 2, 2, channels)
        return (whole.permute(0, 1, 3, 2, 4, 5).reshape(embedded.shape).mean((1, 2)),)


def test_windows_are_cut_and_put_together_for_any_batch():
    torch.manual_seed(0)
    network = Windows()
    graph = traced(network, {"images": torch.randn(2, 4, 4, 3)}, "windows")
    found = compacted(graph)
    for size in (1, 3, 5):
        images = torch.randn(size, 4, 4, 3)
        torch.testing.assert_close(found(images), network(images))


def test_what_no_input_has_a_part_in_is_computed_once():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.tensor([2.0, 3.0]))

        def forward(self, inputs):
            return (inputs * (self.scale[1] + 1),)

    graph = traced(Scaled(), {"inputs": torch.randn(3, 4)}, "scaled")
    (tensor,) = dict(graph.named_parameters()).values()
    assert tensor == 4.0
