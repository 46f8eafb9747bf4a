"""Tensors that losses and metrics hold go where the network is."""

from functools import partial

import torch
from torch.nn import functional

from paretocli.core.metric import Metric
from paretocli.core.placing import placed
from paretocli.core.task import Task

ELSEWHERE = torch.device("meta")
WEIGHT = torch.tensor([1.0, 3.0])


def weighted(output, target, weight):
    return functional.cross_entropy(output, target, weight=weight)


def unweighted(output, target):
    return weighted(output, target, None)


def test_a_module_and_what_a_partial_was_given_go_there():
    module = torch.nn.CrossEntropyLoss(weight=WEIGHT.clone())
    mean = Metric.mean(partial(weighted, weight=WEIGHT))
    task = Task("a", module, {"mean": mean, "plain": partial(module), "none": unweighted})
    there = placed(task, ELSEWHERE)
    assert there.loss.weight.device == ELSEWHERE
    output, target = torch.randn(4, 2, device=ELSEWHERE), torch.ones(4, 1, device=ELSEWHERE)
    assert there.statistics(output, target.expand(4, 2)[:, 0].long()).device == ELSEWHERE
    # The user's own stay where they are.
    assert (module.weight.device.type, WEIGHT.device.type) == ("cpu", "cpu")
    assert there.metrics["none"] is unweighted


def test_what_is_there_already_is_not_copied():
    module = torch.nn.CrossEntropyLoss(weight=WEIGHT.to(ELSEWHERE))
    assert placed(Task("a", module), ELSEWHERE).loss is module
    task = Task("a", torch.nn.CrossEntropyLoss(weight=WEIGHT))
    assert placed(task, torch.device("cpu")) is task


def test_a_metric_of_a_whole_split_stays_on_the_cpu():
    whole = Metric.whole(torch.nn.CrossEntropyLoss(weight=WEIGHT))
    there = placed(Task("a", weighted, {"whole": whole}), ELSEWHERE)
    assert there.metrics["whole"] is whole
