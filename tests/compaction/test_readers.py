"""Rows that read one channel, on networks whose groups are known."""

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import nn
from torch.nn.utils import parametrizations

from paretocli.compaction.readers import read_together
from paretocli.compaction.trace import trace
from paretocli.sparsity.layers import counted_layers, find_layers
from tests.compaction.networks import IMAGES, Grouped, Outputs, Residual

ROWS = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))


def groups_of(network, inputs, patterns=()):
    """The groups of the layers that count, as sets of pairs of a layer's name and a row."""
    given = inputs if isinstance(inputs, dict) else {"inputs": inputs[:2]}
    form = next(iter(given.values())) if len(given) == 1 else tuple(given.values())
    outputs = Outputs(network) if len(given) == 1 else network
    layers = counted_layers(find_layers(network, form), patterns)
    weights = {layer.name: network.get_parameter(layer.name) for layer in layers}
    found = read_together(trace(outputs, given, "test"), weights).groups
    return {frozenset((name.removesuffix(".weight"), row) for name, row in one) for one in found}


def rows_of(count, *layers):
    """One row of each of some layers a group, the same of all."""
    return {frozenset((layer, row) for layer in layers) for row in range(count)}


class Net(nn.Module):
    """Layers by name, and what is done with them."""

    def __init__(self, forward, **layers):
        super().__init__()
        self._forward = forward
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, *inputs):
        return self._forward(self, *inputs)


def linear(*sizes):
    return nn.Linear(*sizes)


def test_in_a_chain_each_layer_is_alone():
    network = nn.Sequential(
        *(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 7), nn.Linear(7, 2))
    )
    assert groups_of(network, ROWS) == set()


def test_the_layers_after_a_residual_sum_and_within_its_branch():
    assert groups_of(Residual(), IMAGES) == rows_of(8, "second", "third")


class Stages(nn.Module):
    """Two residual blocks of one stream, a third that makes another one of it, and two heads."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        for k in range(2):
            self.add_module(f"a{k}", nn.Conv2d(4, 6, 3, padding=1))
            self.add_module(f"b{k}", nn.Conv2d(6, 4, 3, padding=1))
        self.a2, self.b2 = nn.Conv2d(4, 8, 3, stride=2, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.down = nn.Conv2d(4, 8, 1, stride=2)
        self.heads = nn.ModuleList(nn.Linear(8, 2) for _ in range(2))

    def forward(self, x):
        x = F.relu(self.norm(self.stem(x)))
        for a, b in ((self.a0, self.b0), (self.a1, self.b1)):
            x = F.relu(x + b(F.relu(a(x))))
        x = F.relu(self.down(x) + self.b2(F.relu(self.a2(x))))
        features = x.mean(dim=(2, 3))
        return [head(features) for head in self.heads]


def test_a_residual_network():
    # What the blocks are read by inside is alone, and so is what the heads read.
    assert groups_of(Stages(), IMAGES) == rows_of(4, "a0", "a1", "a2", "down")


def test_parts_of_a_concatenation():
    def forward(net, x):
        one, two = F.relu(net.one(x)), F.relu(net.two(x))
        both = torch.cat([one, two], dim=1)
        return net.head(F.relu(net.all(both)) + F.relu(net.of_one(one)) + F.relu(net.again(both)))

    network = Net(
        forward,
        **{"one": linear(6, 3), "two": linear(6, 2), "all": linear(5, 4), "again": linear(5, 4)},
        **{"of_one": linear(3, 4), "head": linear(4, 1)},
    )
    assert groups_of(network, ROWS) == {
        *(frozenset({("all", r), ("again", r), ("of_one", r)}) for r in range(3)),
        *(frozenset({("all", r), ("again", r)}) for r in (3, 4)),
    }


class Attention(nn.Module):
    """Queries, keys and values of one input."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(6, 8)
        self.q, self.k, self.v = (nn.Linear(8, 4) for _ in range(3))
        self.out = nn.Linear(4, 2)

    def forward(self, words):
        x = F.gelu(self.embed(words))
        q, k, v = self.q(x), self.k(x), self.v(x)
        return self.out(F.scaled_dot_product_attention(q, k, v).mean(dim=1))


def test_queries_keys_and_values_of_one_input():
    assert groups_of(Attention(), torch.randn(2, 7, 6)) == rows_of(8, "q", "k", "v")


def test_what_a_norm_over_channels_reads_never_leaves():
    # Its mean is over all of them, so that nothing is to be had from rows that agree.
    class Normed(Attention):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(8)

        def forward(self, words):
            x = self.norm(F.gelu(self.embed(words)))
            q, k, v = self.q(x), self.k(x), self.v(x)
            return self.out(F.scaled_dot_product_attention(q, k, v).mean(dim=1))

    assert groups_of(Normed(), torch.randn(2, 7, 6)) == set()


def test_masks_of_soft_attention():
    """Shared features, multiplied with a mask for each task; each task's product is read."""

    def forward(net, x):
        shared = F.relu(net.shared(x))
        outputs = []
        for task in "ab":
            mask = torch.sigmoid(getattr(net, f"mask_{task}")(shared))
            features = getattr(net, f"after_{task}")(mask * shared)
            outputs.append(getattr(net, f"head_{task}")(F.relu(features).mean(dim=(2, 3))))
        return outputs

    layers = {f"{kind}_{task}": nn.Conv2d(4, 4, 1) for kind in ("mask", "after") for task in "ab"}
    layers |= {f"head_{task}": linear(4, 2) for task in "ab"}
    network = Net(forward, shared=nn.Conv2d(3, 4, 3), **layers)
    assert groups_of(network, IMAGES) == rows_of(4, "mask_a", "after_a", "mask_b", "after_b")


def test_a_gate_over_channels_belongs_to_what_it_multiplies():
    def forward(net, x):
        features = F.relu(net.first(x))
        gate = net.excite(F.relu(net.squeeze(F.adaptive_avg_pool2d(features, 1))))
        return net.head(net.last(features * torch.sigmoid(gate)).mean(dim=(2, 3)))

    network = Net(
        forward,
        **{"first": nn.Conv2d(3, 8, 1), "squeeze": nn.Conv2d(8, 2, 1)},
        **{"excite": nn.Conv2d(2, 8, 1), "last": nn.Conv2d(8, 2, 1), "head": linear(2, 2)},
    )
    assert groups_of(network, IMAGES) == rows_of(8, "squeeze", "last")


def test_a_gate_that_all_channels_share_needs_all_of_them():
    def forward(net, x):
        features = F.relu(net.first(x))
        return net.head(net.last(features * torch.sigmoid(net.gate(features))).mean(dim=(2, 3)))

    network = Net(
        forward,
        **{"first": nn.Conv2d(3, 5, 1), "gate": nn.Conv2d(5, 1, 1)},
        **{"last": nn.Conv2d(5, 2, 1), "head": linear(2, 2)},
    )
    # The map of the gate leaves with all rows of the layer after it.
    every = {("last", row) for row in range(5)} | {("gate", row) for row in range(5)}
    assert groups_of(network, IMAGES) == {frozenset(every)}


def test_two_inputs_that_meet():
    def forward(net, x, y):
        both = F.relu(net.of_x(x)) + F.relu(net.of_y(y))
        return (net.head(F.relu(net.one(both)) * net.two(both)),)

    network = Net(
        forward,
        **{"of_x": linear(6, 5), "of_y": linear(3, 5), "one": linear(5, 4), "two": linear(5, 4)},
        head=linear(4, 1),
    )
    given = {"x": ROWS[:2], "y": torch.randn(2, 3)}
    assert groups_of(network, given) == rows_of(5, "one", "two")


def test_a_layer_that_is_applied_to_two_streams_joins_their_readers():
    def forward(net, x):
        one, two = F.relu(net.one(x)), F.relu(net.two(x))
        outputs = net.both(one) + net.both(two) + net.of_one(one) * net.of_two(two)
        return net.head(F.relu(outputs))

    network = Net(
        forward,
        **{"one": linear(6, 5), "two": linear(6, 5), "both": linear(5, 4)},
        **{"of_one": linear(5, 4), "of_two": linear(5, 4), "head": linear(4, 1)},
    )
    assert groups_of(network, ROWS) == rows_of(5, "both", "of_one", "of_two")


def test_several_numbers_of_a_channel_after_pooling_and_flattening():
    def forward(net, x):
        features = F.max_pool2d(F.relu(net.first(x)), 4)
        flat, wide = features.flatten(1), net.wide(features).mean(dim=(2, 3))
        return net.head(F.relu(net.one(flat)) + F.relu(wide))

    network = Net(
        forward,
        **{"first": nn.Conv2d(3, 4, 1), "one": linear(4 * 4 * 6, 5)},
        **{"wide": nn.Conv2d(4, 5, 1), "head": linear(5, 2)},
    )
    assert groups_of(network, IMAGES) == {
        frozenset({("wide", c)} | {("one", 24 * c + place) for place in range(24)})
        for c in range(4)
    }


def test_what_is_an_output_too_joins_nothing():
    def forward(net, x):
        features = F.relu(net.first(x))
        return [features, net.head(F.relu(net.one(features) * net.two(features)))]

    network = Net(
        forward,
        **{"first": linear(6, 5), "one": linear(5, 4), "two": linear(5, 4), "head": linear(4, 1)},
    )
    assert groups_of(network, ROWS) == set()


def test_only_what_cannot_leave_otherwise_joins_nothing():
    """A branch leaves where its sum is not read, though what it is added to stays."""

    def forward(net, x):
        seen = F.relu(net.first(x))
        both = seen + net.branch(seen)
        return [seen, net.head(F.relu(net.one(both) * net.two(both)))]

    network = Net(
        forward,
        **{"first": linear(6, 5), "branch": linear(5, 5), "one": linear(5, 4)},
        **{"two": linear(5, 4), "head": linear(4, 1)},
    )
    assert groups_of(network, ROWS) == rows_of(5, "one", "two")


def test_what_reads_the_network_s_input_is_alone():
    def forward(net, x):
        return net.head(F.relu(net.one(x / 2) + net.two(x / 2)))

    network = Net(forward, one=linear(6, 4), two=linear(6, 4), head=linear(4, 1))
    assert groups_of(network, ROWS, ["one", "two"]) == set()


def test_layers_that_do_not_count_hold_what_they_read():
    def forward(net, x):
        features = F.relu(net.first(x))
        return net.head(F.relu(net.one(features) * net.two(features) * net.frozen(features)))

    network = Net(
        forward,
        **{"first": linear(6, 5), "one": linear(5, 4), "two": linear(5, 4)},
        **{"frozen": linear(5, 4), "head": linear(4, 1)},
    )
    assert groups_of(network, ROWS) == rows_of(5, "one", "two", "frozen")
    network.frozen.requires_grad_(False)
    assert groups_of(network, ROWS) == set()


def test_channels_go_through_a_depthwise_convolution():
    def forward(net, x):
        features = F.relu(net.first(x))
        deep = net.depthwise(features)
        return net.head(F.relu(net.one(deep) + net.two(features)).mean(dim=(2, 3)))

    network = Net(
        forward,
        **{"first": nn.Conv2d(3, 6, 1), "depthwise": nn.Conv2d(6, 6, 3, padding=1, groups=6)},
        **{"one": nn.Conv2d(6, 4, 1), "two": nn.Conv2d(6, 4, 1), "head": linear(4, 1)},
    )
    assert groups_of(network, IMAGES) == rows_of(6, "one", "two")


def test_channels_of_one_group_leave_together():
    # Batches of its group norm are over all channels, which holds them; the depthwise one does not.
    assert groups_of(Grouped(), IMAGES) == set()
    network = nn.Sequential(
        *(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 8, 3, groups=2), nn.ReLU(), nn.Conv2d(8, 3, 1)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)),
    )
    assert groups_of(network, IMAGES) == {
        frozenset(("3", row) for row in range(first, first + 4)) for first in (0, 4)
    }


def test_a_weight_that_is_computed_has_the_rows_of_its_parameter():
    def forward(net, x):
        features = F.relu(net.first(x))
        return net.head(F.relu(net.one(features) * net.two(features)))

    network = Net(
        forward,
        **{"first": linear(6, 5), "one": parametrizations.weight_norm(linear(5, 4))},
        **{"two": linear(5, 4), "head": linear(4, 1)},
    )
    own = "one.parametrizations.weight.original1"
    assert groups_of(network, ROWS) == rows_of(5, own, "two")
