"""Losses and metrics that are sums, and losses with parameters of their own, are refused."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

import tests.odd
from paretocli.core.problem import Metric, Task
from paretocli.networks.building import build_network
from paretocli.probing.rehearsal import faults
from tests.toys import CPU

LEARNED = nn.Parameter(torch.zeros(()))


class Scaled(nn.Module):
    def __init__(self, trained):
        super().__init__()
        self.spread = nn.Parameter(torch.zeros(1), requires_grad=trained)

    def forward(self, output, target):
        return (mse_loss(output, target) * (-self.spread).exp() + self.spread).mean()


def found(loss, metrics=None, **changes):
    made = tests.odd.drop()
    tasks = (made.tasks[0], Task("size", loss, metrics or {}))
    made = dataclasses.replace(made, tasks=tasks, **changes)
    return [str(f) for f in faults(made, build_network("net", made, 0), CPU, batch_size=8)]


def total(output, target):
    return mse_loss(output, target, reduction="sum")


def contrastive(output, target):
    return cross_entropy(output[:, None] * target[None], torch.arange(len(target)))


def each(output, target):
    return (output - target) ** 2


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (total, "The loss of task size is a sum over the batch ("),
        (lambda o, t: total(o, t) / 256 + 3, "The loss of task size is a sum over the batch ("),
        (lambda o, t: each(o, t) * len(o), "The loss of task size is a sum over the batch ("),
        (Scaled(True), "The loss of task size has trainable parameters of its own (spread), which"),
        (lambda o, t: mse_loss(o, t) * LEARNED.exp(), "of its own (a number), which training"),
    ],
)
def test_it_is_refused(loss, said):
    (fault,) = found(loss)
    assert said in fault


@pytest.mark.parametrize("loss", [mse_loss, each, contrastive, Scaled(False)])
def test_it_is_in_order(loss):
    assert found(loss) == []


def test_metrics_that_are_sums():
    (fault,) = found(mse_loss, {"off": lambda o, t: float((o - t).abs().sum())})
    assert fault.startswith("The metric off of task size is a sum over the batch (")
    assert found(mse_loss, {"off": Metric.whole(total), "mse": mse_loss}) == []


def test_a_preparation_that_learns():
    (fault,) = found(mse_loss, prepare=nn.Linear(6, 6))
    assert fault.startswith("What prepare of problem odd returns has a gradient")
    (fault,) = found(mse_loss, augment=nn.Linear(6, 6))
    assert fault.startswith("What augment of problem odd returns has a gradient")
