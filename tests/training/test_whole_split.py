"""Metrics of a whole split, worked out once for each network."""

import math

import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from paretocli.core.problem import Metric, Samples, Task
from paretocli.errors import InputError
from paretocli.population.population import Population
from paretocli.training.evaluation import evaluate

COUNT = 50


class Scores(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 1)

    def forward(self, inputs):
        return [self.head(inputs).squeeze(1)]


def measured(metrics, target, *, batch=7, stacked=True, broken=False):
    task = Task("a", lambda output, target: (output - target).square().mean(), metrics)
    torch.manual_seed(0)
    network = Scores()
    population = Population(network, [task], 2, device=torch.device("cpu"), stacked=stacked)
    population.train(False)
    with torch.no_grad():
        population.parameters["head.weight"][1] *= torch.tensor([1.0, -1.0, 1.0])
        if broken:
            population.parameters["head.weight"][1] = math.nan
    inputs = torch.randn(COUNT, 3)
    _, found = evaluate(population, Samples(inputs, (target,)), lambda x: x, batch)
    weights = population.parameters["head.weight"].detach()
    bias = population.parameters["head.bias"].detach()
    outputs = torch.einsum("nf,kof->kn", inputs, weights) + bias
    return found, outputs


SORTED = (torch.arange(COUNT) > 30).float()


def auroc(output, target):
    return roc_auc_score(target.numpy(), output.numpy())


@pytest.mark.parametrize("stacked", [True, False])
@pytest.mark.parametrize("batch", [1, 7, COUNT])
def test_an_area_under_a_curve_of_sorted_data_is_that_of_all_samples(stacked, batch):
    metrics = {"before": lambda o, t: o.mean(), "auroc": Metric.whole(auroc)}
    found, outputs = measured(metrics, SORTED, batch=batch, stacked=stacked)
    expected = [roc_auc_score(SORTED.numpy(), output.numpy()) for output in outputs]
    assert found[:, 1].tolist() == pytest.approx(expected, abs=1e-6)
    torch.testing.assert_close(found[:, 0], outputs.mean(dim=1))


def test_it_is_called_once_a_network_with_all_samples_on_the_cpu():
    calls = []

    def counting(output, target):
        calls.append((output.shape, target.shape, output.requires_grad))
        return math.nan

    found, _ = measured({"count": Metric.whole(counting)}, SORTED)
    assert calls == [((COUNT,), (COUNT,), False)] * 2
    assert found.isnan().all()


def test_a_network_that_has_diverged_has_no_value_and_harms_no_other():
    found, _ = measured({"auroc": Metric.whole(auroc)}, SORTED, broken=True)
    assert found[:, 0].isfinite().tolist() == [True, False]


def test_what_it_raises_names_the_metric_and_the_task():
    def upside_down(output, target):
        raise ValueError("upside down.")

    with pytest.raises(InputError, match=r"metric top of task a raised ValueError .*upside down\)"):
        measured({"top": Metric.whole(upside_down)}, SORTED)


def test_a_metric_that_keeps_what_it_has_seen_starts_anew():
    class Counting:
        def __init__(self):
            self.seen = 0

        def __call__(self, output, target):
            self.seen += len(target)
            return torch.tensor(self.seen)

        def reset(self):
            self.seen = 0

    found, _ = measured({"seen": Metric.whole(Counting())}, SORTED)
    assert found.flatten().tolist() == [COUNT, COUNT]
