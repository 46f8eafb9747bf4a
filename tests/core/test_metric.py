"""Metrics that are worked out from statistics of a whole split."""

import pytest
import torch
from torch import nn

from paretocli.core.problem import Metric, Samples, Task
from paretocli.population.population import Population
from paretocli.training.evaluation import evaluate

COUNT = 2500  # three evaluation batches, the last of them shorter


def _spread(output, target):
    """The root of the mean squared error, which is no mean over batches."""
    return ((output.squeeze(-1) - target) ** 2).mean().unsqueeze(0)


ROOT = Metric(_spread, lambda statistics: statistics[..., 0].sqrt(), size=1)


def _ratio(output, target):
    mask = (target > 0).float()
    return torch.stack([(output.squeeze(-1) * mask).mean(), mask.mean()])


RATIO = Metric(_ratio, lambda statistics: statistics[..., 0] / statistics[..., 1], size=2)


def _task(name, metrics):
    return Task(name, lambda output, target: (output.squeeze(-1) - target).square().mean(), metrics)


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(3, 1), nn.Linear(3, 1)])

    def forward(self, inputs):
        return [head(inputs) for head in self.heads]


@pytest.mark.parametrize("stacked", [True, False])
def test_a_metric_is_that_of_the_whole_split_and_not_a_mean_over_batches(stacked):
    torch.manual_seed(0)
    inputs = torch.randn(COUNT, 3)
    targets = (torch.randn(COUNT), inputs[:, 0] + torch.randn(COUNT) * torch.arange(COUNT) / COUNT)
    mean = {"mean": lambda output, target: output.mean()}
    tasks = [_task("a", mean | {"root": ROOT}), _task("b", {"ratio": RATIO, "root": ROOT})]
    network = Two()
    population = Population(network, tasks, 2, device=torch.device("cpu"), stacked=stacked)
    with torch.no_grad():
        population.parameters["heads.0.bias"][1] += 3
        outputs = network(inputs)
    _, metrics = evaluate(population, Samples(inputs, targets), lambda x: x)
    first, second = outputs[0].squeeze(-1), outputs[1].squeeze(-1)
    expected = [
        first.mean(),
        (first - targets[0]).square().mean().sqrt(),
        second[targets[1] > 0].mean(),
        (second - targets[1]).square().mean().sqrt(),
    ]
    torch.testing.assert_close(metrics[0], torch.stack(expected), atol=1e-5, rtol=1e-5)
    other = [first.mean() + 3, (first + 3 - targets[0]).square().mean().sqrt(), *expected[2:]]
    torch.testing.assert_close(metrics[1], torch.stack(other), atol=1e-5, rtol=1e-5)


def test_a_task_without_metrics_has_no_statistics():
    task = _task("a", {})
    assert task.statistics_size == 0
    assert task.statistics(torch.zeros(4, 1), torch.zeros(4)).shape == (0,)
    assert task.figures(torch.zeros(5, 0)).shape == (5, 0)


def test_a_plain_function_is_a_mean_over_samples_and_may_give_one_number_a_sample():
    output, target = torch.arange(4.0), torch.zeros(4)
    each = {
        "plain": lambda output, target: 3,
        "mean": Metric.mean(lambda output, target: output.mean(), higher_is_better=True),
        "samples": Metric.mean(lambda output, target: output),
        "whole": Metric.whole(lambda output, target: output.max()),
    }
    task = _task("a", each)
    found = task.figures(task.statistics(output, target))
    torch.testing.assert_close(found, torch.tensor([3, 1.5, 1.5, torch.nan]), equal_nan=True)
    assert task.all_metrics["mean"].higher_is_better
    assert task.all_metrics["plain"].higher_is_better is None
    assert task.all_metrics["whole"].of_whole
