"""Loss and metrics of regression tasks, against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score, root_mean_squared_error
from torch import nn
from torch.func import vmap

from paretocli.core.problem import Samples
from paretocli.population.population import Population
from paretocli.problems.regression import Scale, regression
from paretocli.training.evaluation import EVALUATION_BATCH, evaluate

COUNT = 2 * EVALUATION_BATCH + 300


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(3, 1), nn.Linear(3, 1)])

    def forward(self, inputs):
        return [head(inputs) for head in self.heads]


@pytest.mark.parametrize("stacked", [True, False])
def test_metrics_of_a_whole_split(stacked):
    torch.manual_seed(0)
    inputs = torch.randn(COUNT, 3)
    targets = [
        1e5 + 20 * inputs[:, 0].double() + torch.randn(COUNT) * torch.linspace(1, 30, COUNT),
        -3 + 0.01 * torch.randn(COUNT).double(),
    ]
    targets[1][torch.rand(COUNT) < 0.4] = torch.nan
    scales = [Scale(1e5, 25.0), Scale(-3.001, 0.011)]
    tasks = [regression(name, scale) for name, scale in zip("ab", scales, strict=True)]
    network = Two()
    population = Population(network, tasks, 3, device=torch.device("cpu"), stacked=stacked)
    samples = Samples(inputs, tuple(targets))
    losses, metrics = evaluate(population, samples, lambda batch: batch)
    assert losses.shape == (3, 2)
    found = metrics[2].reshape(2, 2)
    with torch.no_grad():
        outputs = network(inputs)
    for i, (output, target, scale) in enumerate(zip(outputs, targets, scales, strict=True)):
        there = ~target.isnan()
        predicted = scale.mean + scale.deviation * output[there, 0].double()
        rmse = root_mean_squared_error(target[there], predicted)
        assert found[i, 0].item() == pytest.approx(rmse, rel=1e-4)
        assert found[i, 1].item() == pytest.approx(r2_score(target[there], predicted), abs=1e-4)
        assert losses[2, i].item() == pytest.approx((rmse / scale.deviation) ** 2, rel=1e-6)


def test_a_missing_target_counts_nowhere():
    scale = Scale(1.0, 2.0)
    output = torch.tensor([[0.5], [3.0], [7.0]], requires_grad=True)
    target = torch.tensor([1.0, 5.0, torch.nan], dtype=torch.float64)
    loss = regression("a", scale).mean_loss(output, target)
    assert loss.item() == pytest.approx((0.25 + 1) / 2)
    (gradient,) = torch.autograd.grad(loss, output)
    np.testing.assert_allclose(gradient.squeeze(1), [0.5, 1.0, 0.0])


def test_a_batch_without_any_target_costs_nothing():
    output = torch.ones(2, 4, 1, requires_grad=True)
    target = torch.full((4,), torch.nan, dtype=torch.float64)
    losses = vmap(lambda one: regression("a", Scale(0.0, 1.0)).mean_loss(one, target))(output)
    assert losses.tolist() == [0, 0]
    (gradient,) = torch.autograd.grad(losses.sum(), output)
    assert (gradient == 0).all()


def test_r2_has_no_value_without_variance():
    task = regression("a", Scale(5.0, 1.0))
    output, target = torch.zeros(3, 1), torch.full((3,), 7.0, dtype=torch.float64)
    rmse, r2 = task.figures(task.statistics(output, target))
    assert rmse.item() == pytest.approx(2)
    assert r2.isnan()
