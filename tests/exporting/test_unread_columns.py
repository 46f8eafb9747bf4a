"""Which columns a small network reads."""

import torch
from torch import nn

from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.exporting.columns import unread_columns
from paretocli.networks.generic import generic_hps, generic_mdmtn

COLUMNS = ("age", "city", "city", "city", "size")


def small(network, inputs):
    """The network without its zero rows, and what it gives of the inputs is the same."""
    found = compact_network(trace(network.eval(), {"inputs": inputs}, "of a test"))
    for one, other in zip(found(inputs), network(inputs), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
    return found


def test_a_column_is_read_as_long_as_one_of_its_inputs_is():
    torch.manual_seed(0)
    network, inputs = generic_hps((5,), (2, 1)), torch.randn(3, 5)
    weight = network.shared[1].weight
    assert unread_columns(small(network, inputs), inputs, COLUMNS) == ()
    weight.data[:, [1, 2, 4]] = 0
    assert unread_columns(small(network, inputs), inputs, COLUMNS) == ("size",)
    weight.data[:, 3] = 0
    assert unread_columns(small(network, inputs), inputs, COLUMNS) == ("city", "size")
    # What is multiplied by 0 is read.
    assert unread_columns(network, inputs, COLUMNS) == ()


def test_a_column_is_read_if_any_part_of_the_network_reads_it():
    torch.manual_seed(0)
    network, inputs = generic_mdmtn((5,), (2, 1)), torch.randn(3, 5)
    nn.init.constant_(network.alpha, 0.5)
    network.shared[1].weight.data[:, [0, 4]] = 0
    network.monitors[0][1].weight.data[:, [0, 4]] = 0
    network.monitors[1][1].weight.data[:, 4] = 0
    assert unread_columns(small(network, inputs), inputs, COLUMNS) == ("size",)
