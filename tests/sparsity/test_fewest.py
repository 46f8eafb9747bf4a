"""As few zero rows as will do, and those of a group together."""

import pytest
import torch

from paretocli.sparsity.fewest import make_zero, with_fewest_zero, without_rows
from paretocli.sparsity.layers import Layer
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import zero_rows

CPU = torch.device("cpu")
NETWORK = {
    "a": torch.arange(1.0, 9.0).reshape(2, 4),  # (out, R)
    "b": torch.arange(11.0, 19.0).reshape(2, 4),
    "bias": torch.ones(3),
}
# The first two rows of both layers belong together.
GROUPED = ((("a", "0:2"), ("b", "0:2")),)


def objective(grouping=()):
    layers = [Layer(name, (2, 4), "hidden", 1) for name in "ab"]
    return SparsityObjective(layers, SparsitySettings(), CPU, None, grouping)


def rows_left(tensors):
    return sum(int((tensors[name] != 0).any(dim=0).sum()) for name in "ab")


@pytest.mark.parametrize(("most", "gone"), [(8, 0), (7, 1), (5, 3), (1, 7)])
def test_the_first_rows_go_and_no_others(most, gone):
    rows = [(name, row) for row in range(4) for name in "ab"]
    found = with_fewest_zero(NETWORK, objective(), rows, lambda t: rows_left(t) / most)
    expected = {name: NETWORK[name].clone() for name in "ab"}
    for name, row in rows[:gone]:
        expected[name][:, row] = 0
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor)
    assert torch.equal(NETWORK["a"], torch.arange(1.0, 9.0).reshape(2, 4))


def test_where_all_of_them_are_not_enough_there_is_no_network():
    assert with_fewest_zero(NETWORK, objective(), [("a", 0)], lambda t: rows_left(t) / 6) is None


def test_rows_of_a_group_go_together():
    sparsity = objective(GROUPED)
    together = next(block.name for block in sparsity.blocks.each if len(block.layers) == 2)
    found = without_rows(NETWORK, sparsity, [(together, 1)])
    for name in "ab":
        assert (found[name] != 0).any(dim=0).tolist() == [True, False, True, True]


def test_rows_become_zero_and_no_others():
    matrix = torch.tensor([[3.0, 0.0, 1.0, 2.0]])  # (out, R)
    kernel = torch.zeros(2, 3, 1, 1)
    kernel[0, :, 0, 0] = torch.tensor([40.0, 50.0, 10.0])
    make_zero({"matrix": matrix, "kernel": kernel}, [("kernel", 2), ("matrix", 3)])
    assert zero_rows(kernel.unsqueeze(0)).tolist() == [[False, False, True]]
    assert matrix.tolist() == [[3.0, 0.0, 1.0, 0.0]]
