"""Losses that remember from one call to the next, and losses with parameters of their own."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from paretocli.core.problem import Task
from paretocli.errors import InputError
from paretocli.probing.own_leaves import refuse_loss_parameters
from paretocli.probing.own_state import refuse_memory

OUTPUT, TARGET = torch.arange(6.0), torch.ones(6)


class Running(nn.Module):
    """Divides by a mean of the losses so far, or only counts how often it was called."""

    def __init__(self, *, uses):
        super().__init__()
        self.uses = uses
        self.register_buffer("mean", torch.ones(()))

    def forward(self, output, target):
        loss = mse_loss(output, target)
        self.mean.mul_(0.9).add_(0.1 * loss.detach())
        return loss / self.mean if self.uses else loss

    def called(self, output, target):
        return self(output, target)


class Attribute:
    calls = 0

    def __call__(self, output, target):
        self.calls += 1
        return mse_loss(output, target) * self.calls


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(1, affine=False)

    def forward(self, output, target):
        return mse_loss(self.norm(output[:, None]), self.norm(target[:, None]))


def weighted(output, target, *, by, factor=1.0):
    return factor * by(output, target)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (Running(uses=True), "loss of task a changes its buffers mean from one call to the next"),
        (Running(uses=False), "changes its buffers mean"),
        (Running(uses=False).called, "changes its buffers mean"),
        (partial(Running(uses=False)), "changes its buffers mean"),
        (partial(weighted, by=Running(uses=True)), "changes what it gives"),
        (Attribute(), "changes what it gives"),
        (Normed(), "changes its buffers norm.running_mean, norm.running_var, norm.num_batches_tr"),
    ],
)
def test_what_remembers_is_refused(loss, words):
    buffers = dict(loss.named_buffers()) if isinstance(loss, nn.Module) else {}
    before = {name: buffer.clone() for name, buffer in buffers.items()}
    with pytest.raises(InputError, match=words):
        refuse_memory(Task("a", loss), OUTPUT, TARGET)
    assert all(torch.equal(buffers[name], old) for name, old in before.items())


@pytest.mark.parametrize(
    "loss",
    [
        mse_loss,
        nn.CrossEntropyLoss(weight=torch.ones(6)),
        Normed().eval(),
        lambda output, target: mse_loss(output + torch.rand(6), target),  # another draw each time
        lambda output, target: mse_loss(output, target) * torch.nan,
    ],
)
def test_what_depends_on_its_arguments_is_in_order(loss):
    refuse_memory(Task("a", loss), OUTPUT, TARGET)


def test_a_weight_with_parameters_is_refused():
    learned = nn.Parameter(torch.zeros(()))
    each = partial(mse_loss, reduction="none")
    task = Task("a", each, weight=lambda target: learned.sigmoid().expand(len(target)))
    with pytest.raises(InputError, match="The weight of task a has trainable parameters of its ow"):
        refuse_loss_parameters(task, OUTPUT, TARGET)
