"""Losses that fail on few labels, and losses and metrics that are no means, are named."""

import dataclasses
import math

import pytest
import torch
from sklearn.metrics import f1_score
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from paretocli.core.problem import Metric, Problem, Samples, Task
from paretocli.probing.label_faults import label_faults
from paretocli.probing.no_means import no_mean_notes

COUNT = 240
CLASSES = torch.arange(COUNT) % 3
FEW = torch.where(torch.arange(COUNT) % 12 == 0, CLASSES.roll(1) % 2, -1)


def ignoring(output, target):
    return cross_entropy(output, target, ignore_index=-1)  # NaN without a label


def problem(*tasks, target):
    generator = torch.Generator().manual_seed(0)
    samples = Samples(torch.randn(COUNT, 4, generator=generator), (target,) * len(tasks))
    splits = dict.fromkeys(("train", "val", "test"), samples)
    return Problem(name="toy", tasks=tasks, networks={"own": lambda: Heads(len(tasks))}, **splits)


class Heads(nn.Module):
    def __init__(self, tasks):
        super().__init__()
        torch.manual_seed(0)
        self.heads = nn.ModuleList(nn.Linear(4, 3) for _ in range(tasks))

    def forward(self, inputs):
        return [head(inputs) for head in self.heads]


def faults(task, target, batch_size=16):
    return label_faults(problem(task, target=target), [torch.randn(2, 3)], batch_size)


def test_a_loss_that_divides_by_no_labels_is_named_with_what_stands_for_none():
    said = str(faults(Task("few", ignoring), FEW)["few"])
    assert said.startswith(
        "The loss of task few is nan on a batch in which all targets are -1, as those of 91.7% of "
        "the training samples are, so that some batches of 16 hold nothing else;"
    )
    assert said.endswith("declare it with the task: missing=-1.")


def test_batches_that_training_never_meets_are_not_tried():
    assert not faults(Task("few", ignoring), FEW, batch_size=200)
    assert not faults(Task("few", ignoring, missing=-1), FEW)
    assert not faults(Task("kind", cross_entropy), CLASSES)


def test_missing_numbers_are_not_a_number():
    def loss(output, target):
        there = ~target.isnan()
        return (output[:, 0] - target)[there].square().mean()

    target = torch.where(FEW < 0, math.nan, FEW.double())
    assert "missing=math.nan" in str(faults(Task("few", loss), target)["few"])


def test_a_loss_that_fails_on_a_single_label_is_named():
    def spread(output, target):
        return cross_entropy(output, target) / (len(target) - 1)

    said = str(faults(Task("few", spread, missing=-1), FEW)["few"])
    assert said.startswith("The loss of task few is inf on a batch with a single labelled sample")
    assert not faults(Task("kind", spread, missing=-1), CLASSES)


def notes(*tasks, target):
    made = problem(*tasks, target=target)
    return no_mean_notes(made, made.networks["own"]())


def f1(output, target):
    return f1_score(target.numpy(), output.argmax(dim=1).numpy(), average="macro")


def right(output, target):
    return (output.argmax(dim=1) == target).float()


def test_a_metric_that_is_no_mean_is_named_with_both_values():
    found = notes(Task("kind", cross_entropy, {"f1": f1, "right": right}), target=CLASSES)
    assert len(found) == 1
    assert found[0].startswith("The metric f1 of task kind is no mean over samples: 0.")
    assert found[0].endswith(" at once; wrap it in Metric.whole.")


def test_means_and_whole_metrics_and_what_draws_at_random_are_no_matter():
    metrics = {
        "right": lambda output, target: right(output, target).mean(),
        "samples": Metric.mean(right),
        "whole": Metric.whole(f1),
        "chance": lambda output, target: torch.rand(()),
        "constant": lambda output, target: 3,
    }
    assert not notes(Task("kind", cross_entropy, metrics), target=CLASSES)
    each = Task("each", lambda output, target: mse_loss(output[:, 0], target, reduction="none"))
    assert not notes(each, target=CLASSES.float())


@pytest.mark.parametrize("missing", [None, -1])
def test_a_loss_over_the_labels_of_a_batch_is_no_mean_unless_they_are_declared(missing):
    def masked(output, target):
        total = cross_entropy(output, target, ignore_index=-1, reduction="sum")
        return total / (target != -1).sum().clamp(min=1)

    found = notes(dataclasses.replace(Task("few", masked), missing=missing), target=FEW)
    assert len(found) == (missing is None)
    assert all("The loss of task few is no mean over samples" in note for note in found)
