"""What of a network's numbers is found again in a file, without running either."""

import numpy as np
import pytest
import torch
from torch import nn

from paretocli.compaction.program import exported
from paretocli.exporting.runtimes.program_numbers import program_numbers
from paretocli.exporting.runtimes.same_numbers import Sketch, same_numbers

TABLE = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (TABLE, True),
        (TABLE.reshape(2, 6), True),
        (TABLE.T.copy(), True),
        (TABLE[::-1].copy(), False),
        (TABLE + np.float32(1e-6), False),
        (TABLE.astype(np.int32), False),
        (TABLE[:, :3], False),
        (np.where(TABLE == 5, np.float32(np.nan), TABLE), False),
    ],
)
def test_the_same_numbers_in_another_layout(other, same):
    assert same_numbers(Sketch.of(TABLE), Sketch.of(other), 0) == same


def test_special_numbers():
    whole, nothing = np.full(3, 0.25, np.float32), np.zeros((0, 2), np.float32)
    assert same_numbers(Sketch.of(whole), Sketch.of(np.float32(0.25)), 0)
    assert not same_numbers(Sketch.of(whole), Sketch.of(np.float32(0.5)), 0)
    assert not Sketch.of(whole).dispensable
    assert Sketch.of(0 * whole).dispensable
    for edge in (np.inf, np.nan):
        row = np.array([1, edge, 2], np.float32)
        assert same_numbers(Sketch.of(row), Sketch.of(row), 1e-5)
        assert not same_numbers(Sketch.of(row), Sketch.of(row[::-1].copy()), 1e-5)
    assert same_numbers(Sketch.of(nothing), Sketch.of(nothing), 0)
    assert not same_numbers(Sketch.of(nothing), Sketch.of(whole), 0)
    near = TABLE + np.float32(1e-5)
    assert same_numbers(Sketch.of(TABLE), Sketch.of(near), 1e-5)


class Directed(nn.Module):
    """A weight that is made of others, part of a table, and one that is used as it is."""

    def __init__(self):
        super().__init__()
        self.length, self.direction = nn.Parameter(torch.rand(3, 1)), nn.Parameter(torch.rand(3, 2))
        self.table, self.unused = nn.Parameter(torch.rand(9, 3)), nn.Parameter(torch.rand(4))
        self.layer = nn.Linear(3, 1)

    def forward(self, inputs):
        weight = self.length * self.direction
        return [self.layer(inputs @ weight.T + self.table[2])]


def test_numbers_that_meet_the_inputs():
    torch.manual_seed(0)
    network = Directed()
    program = exported(network, [torch.rand(2, 2)]).run_decompositions({})
    found = program_numbers(program)
    assert [(one.name.partition(" ")[0], one.derived) for one in found] == [
        ("layer.weight", False),
        ("layer.bias", False),
        ("length", True),
        ("table", True),
    ]
    assert torch.equal(found[2].tensor, (network.length * network.direction).T)
    assert torch.equal(found[3].tensor, network.table[2])
    assert torch.equal(found[0].tensor, network.layer.weight)
