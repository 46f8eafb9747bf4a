"""Embeddings of categories before networks."""

import math

import pytest
import torch

from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.exporting.columns import unread_columns
from paretocli.networks.embedded import embedded_networks, width_of

INPUTS = torch.tensor([[0.5, -1.0, 1, 3], [1.5, 2.0, 2, 0], [0.1, 0.2, 0, 1]])
COLUMNS = ("age", "size", "city", "job")


def made(name="hps"):
    torch.manual_seed(0)
    return embedded_networks((2, 3), 2, (2, 1))[name]().eval()


@pytest.mark.parametrize("name", ["hps", "mdmtn", "mtan", "mmoe", "ple", "tabular_resnet"])
def test_the_body_gets_numbers_and_embeddings(name):
    network = made(name)
    city, job = (table.weight for table in network.embeddings)
    rows = [
        torch.cat([numbers, city[int(first)], job[int(second)]])
        for numbers, first, second in ((row[:2], row[2], row[3]) for row in INPUTS)
    ]
    for found, expected in zip(network(INPUTS), network.body(torch.stack(rows)), strict=True):
        torch.testing.assert_close(found, expected)


def test_what_is_no_category_is_zero_and_learns_nothing():
    network = made()
    assert (network.embeddings[0].weight[0] == 0).all()
    sum(output.sum() for output in network(INPUTS)).backward()
    assert (network.embeddings[0].weight.grad[0] == 0).all()
    unknown = INPUTS.clone()
    unknown[:, 2] = math.nan
    assert network(unknown)[0].isfinite().all()


def test_widths():
    assert [width_of(count) for count in (1, 10, 1000)] == [2, 6, 50]


def test_a_column_whose_embedding_has_zero_rows_is_not_read():
    network = made()
    weight = network.body.shared[1].weight
    first = 2 + width_of(2)
    weight.data[:, 2:first] = 0
    weight.data[:, 1] = 0
    small = compact_network(trace(network, {"inputs": INPUTS}, "of a test"))
    for one, other in zip(small(INPUTS), network(INPUTS), strict=True):
        torch.testing.assert_close(one, other)
    assert unread_columns(small, INPUTS, COLUMNS) == ("size", "city")
    # The job of no sample is known, and read all the same.
    unknown = INPUTS * torch.tensor([1, 1, 1, 0])
    assert unread_columns(small, unknown, COLUMNS) == ("size", "city")
