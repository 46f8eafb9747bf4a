import pytest
import torch
from torch import nn

from paretocli.probing.work import (
    ELEMENT,
    OPTIMIZER_OPERATIONS,
    PASSES,
    operation_work,
    threads_worth,
)
from tests.toys import vectors


class Product(nn.Module):
    """One matrix, whose product is all the work that counts."""

    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(6, width, bias=False)

    def forward(self, inputs):
        outputs = self.layer(inputs)
        return [outputs[:, :3], outputs[:, 3:6]]


@pytest.mark.parametrize(
    ("work", "available", "threads"),
    [(0.0, 8, 1), (15.9e6, 8, 1), (16e6, 8, 2), (33e6, 8, 4), (1e9, 8, 8), (1e9, 1, 1)],
)
def test_threads_by_work(work, available, threads):
    assert threads_worth(work, available) == threads


def test_the_work_of_one_large_product_by_hand():
    width, rows, together = 5000, 32, 3
    found = operation_work(vectors(), Product(width), batch_size=rows, together=together)
    product, update = rows * 6 * width, ELEMENT * 6 * width
    expected = PASSES * product**2 + OPTIMIZER_OPERATIONS * update**2
    expected /= PASSES * product + OPTIMIZER_OPERATIONS * update
    assert found == pytest.approx(together * expected, rel=0.01)


def test_many_small_operations_beside_a_large_one_hardly_count():
    class Chatty(Product):
        def forward(self, inputs):
            for _ in range(100):
                inputs = inputs + 1e-9
            return super().forward(inputs)

    plain, chatty = (
        operation_work(vectors(), kind(5000), batch_size=32, together=1)
        for kind in (Product, Chatty)
    )
    assert plain > chatty > 0.8 * plain


def test_what_is_counted_leaves_random_numbers_alone():
    problem, network = vectors(), Product(8)
    before = torch.random.get_rng_state()
    operation_work(problem, network, batch_size=4, together=1)
    assert torch.equal(torch.random.get_rng_state(), before)
