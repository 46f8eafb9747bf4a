import math

import pytest
import torch

from paretocli.errors import InputError
from paretocli.population.optimizers import OPTIMIZERS, SCHEDULES, learning_rate, optimizer_hook


@pytest.mark.parametrize(
    ("schedule", "at_0", "at_quarter", "at_half", "at_end"),
    [
        ("constant", 0.2, 0.2, 0.2, 0.2),
        ("cosine", 0.2, 0.1 * (1 + math.sqrt(0.5)), 0.1, 0.0),
        ("linear", 0.2, 0.15, 0.1, 0.0),
    ],
)
def test_schedules_by_hand(schedule, at_0, at_quarter, at_half, at_end):
    found = [learning_rate(schedule, 0.2, step, 100) for step in (0, 25, 50, 100)]
    assert found == pytest.approx([at_0, at_quarter, at_half, at_end])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_schedule_rises_or_reaches_zero_before_its_last_step(schedule):
    rates = [learning_rate(schedule, 0.1, step, 40) for step in range(40)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] > 0


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_stacked_subproblems_stay_apart(name):
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(3, 4, generator=generator)
    gradients = torch.randn(5, 3, 4, generator=generator)
    gradients[3:, 1] = torch.nan

    def run(rows):
        parameter = start[rows].clone().requires_grad_()
        optimizer = optimizer_hook(name)([parameter], lr=0.1, weight_decay=0.01)
        for gradient in gradients:
            parameter.grad = gradient[rows]
            optimizer.step()
        return parameter.detach()

    together = run([0, 1, 2])
    for k in (0, 2):
        torch.testing.assert_close(together[k], run([k])[0], rtol=1e-6, atol=1e-7)
    assert together[1].isnan().all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_learning_rate_and_weight_decay_reach_the_optimiser(name):
    optimizer = optimizer_hook(name)([torch.zeros(1)], lr=0.3, weight_decay=0.02)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.3, 0.02)


def test_unknown_names():
    with pytest.raises(InputError, match="no optimizer named 'adma'; did you mean 'adam'"):
        optimizer_hook("adma")
    with pytest.raises(InputError, match="no schedule named 'cosin'; did you mean 'cosine'"):
        learning_rate("cosin", 0.1, 0, 1)
