"""Tasks that predict counts."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import mean_poisson_deviance, r2_score

from paretocli.errors import InputError
from paretocli.problems.counts import count_task

ROWS = {"train": np.arange(12), "val": np.arange(12, 16), "test": np.arange(16, 20)}
COUNTS = [0, 3, 1, 7, 2, 0, 0, 4, 1, 1, 2, 5, 3, 0, 1, 2, 6, 0, 1, 1]


def task_of(values):
    return count_task(pd.Series(values, name="a b", dtype=float), ROWS, Path("t.csv"))


def test_loss_and_metrics_are_those_of_poisson():
    task = task_of(COUNTS)
    mean = np.mean(COUNTS[:12])
    target = torch.tensor([*map(float, COUNTS), math.nan], dtype=torch.float64)
    output = torch.linspace(-2, 2, 21, dtype=torch.float64).unsqueeze(1)
    rates = mean * np.exp(output[:20, 0].numpy())
    deviance = mean_poisson_deviance(COUNTS, rates)
    assert task.name == "a_b"
    # A row without a label weighs nothing; means are over those that are there.
    weights = task.weight(target)
    assert weights.tolist() == [1] * 20 + [0]
    assert (task.loss(output, target) * weights).sum() / 20 == pytest.approx(deviance / 2)
    assert (task.loss(output, target) >= 0).all()
    figures = task.figures(task.statistics(output, target))
    squared = np.mean((rates - COUNTS) ** 2)
    found = dict(zip(task.metrics, figures.tolist(), strict=False))
    assert found["deviance"] == pytest.approx(deviance)
    assert found["rmse"] == pytest.approx(math.sqrt(squared))
    assert found["r2"] == pytest.approx(r2_score(COUNTS, rates))


def test_an_output_of_0_predicts_the_mean_of_the_training_rows():
    task, mean = task_of(COUNTS), np.mean(COUNTS[:12])
    zeros, target = torch.zeros(20, 1), torch.tensor(COUNTS, dtype=torch.float64)
    deviance = mean_poisson_deviance(COUNTS, np.full(20, mean))
    assert task.loss(zeros, target).mean().item() == pytest.approx(deviance / 2, rel=1e-5)
    assert task.loss(zeros, torch.full((20,), mean)).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([*COUNTS[:5], -1, *COUNTS[6:]], r"Line 5 of t\.csv holds -1 .* counts were expected"),
        ([*COUNTS[:5], 0.5, *COUNTS[6:]], r"holds 0\.5 .* --task 'a b=number'"),
        ([2.0] * 20, "is 2 in all of the training rows"),
        ([math.nan] * 20, "is missing in all of the 12 training rows"),
    ],
)
def test_what_is_no_count_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        task_of(values)
