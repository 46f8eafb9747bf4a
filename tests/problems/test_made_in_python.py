"""What of a problem's code a run directory goes on with."""

import dataclasses
import functools

import pytest
import torch
from torch import nn
from torchvision.transforms import v2

from paretocli import LazySamples
from paretocli.networks.building import build_network
from paretocli.problems.made_in_python import code_checksum
from tests.toys import vectors


def checksum(**changes):
    problem = vectors()
    task = dataclasses.replace(problem.tasks[0], **changes)
    changed = dataclasses.replace(problem, tasks=[task, *problem.tasks[1:]])
    return code_checksum(changed, build_network("hps", problem, 0))


def scaled(output, target, factor=1.0):
    return factor * output.mean()


def enclosing(factor):
    return lambda output, target: factor * output.mean()


def with_default(value):
    def loss(output, target, *, factor=value):
        return factor * output.mean()

    return loss


@pytest.mark.parametrize(
    "make",
    [
        lambda value: functools.partial(scaled, factor=value),
        enclosing,
        with_default,
        lambda value: nn.CrossEntropyLoss(label_smoothing=value),
    ],
)
def test_another_number_in_a_loss_is_another_loss(make):
    assert checksum(loss=make(0.25)) == checksum(loss=make(0.25))
    assert checksum(loss=make(0.25)) != checksum(loss=make(0.5))


def test_what_a_task_says_besides_counts():
    assert checksum() == checksum()
    assert checksum(missing=-1) != checksum()
    assert checksum(lower_bound=-2.0) != checksum()


def test_tensors_that_are_enclosed_do_not_change_it():
    first, second = enclosing(torch.ones(2)), enclosing(torch.zeros(2))
    assert checksum(loss=first) == checksum(loss=second)


def test_what_data_draws_and_pads_counts():
    def checksum_of(made):
        return code_checksum(made, build_network("hps", vectors(), 0))

    def lazily(**options):
        held = vectors()
        items = list(zip(held.train.inputs, *held.train.targets, strict=True))
        return dataclasses.replace(held, train=LazySamples(items, **options))

    assert checksum_of(lazily(workers=0)) == checksum_of(lazily(workers=2))
    narrow, wide = (v2.Compose([v2.RandomCrop(size)]) for size in (3, 4))
    of_crops = [checksum_of(lazily(augment=crop)) for crop in (narrow, wide)]
    assert of_crops[0] != of_crops[1]
    cut = dataclasses.replace(lazily(augment=narrow), val=None)
    assert checksum_of(cut) == of_crops[0]
