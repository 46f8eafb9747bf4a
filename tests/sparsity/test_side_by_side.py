import pytest
import torch

from paretocli.sparsity.side_by_side import SideBySide
from tests.toys import CPU


@pytest.mark.parametrize("rows", [(3,), (2, 2), (2, 5, 1)])
def test_numbers_of_all_blocks_and_back(rows):
    order = SideBySide(rows, CPU)
    each = [torch.rand(4, count, dtype=torch.float64) + 1 for count in rows]
    numbers = order.together(each)
    assert numbers.shape == (4, len(rows), max(rows))
    assert order.filled == (len(set(rows)) > 1)
    assert torch.equal(numbers == 0, order.filler.expand_as(numbers))
    for own, found in zip(each, order.apart(numbers), strict=True):
        assert torch.equal(own, found)


def test_a_gradient_goes_through():
    order = SideBySide((1, 3), CPU)
    each = [torch.rand(2, count, requires_grad=True) for count in (1, 3)]
    (2 * order.together(each)).sum().backward()
    for own in each:
        assert own.grad.tolist() == [[2.0] * own.shape[1]] * 2
