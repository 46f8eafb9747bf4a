"""Metrics of classes, against scikit-learn's own."""

import math
from functools import partial

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn_metrics

from paretocli.core.directions import metric_direction
from paretocli.problems.class_metrics import class_metrics


def drawn(classes, count=400, seed=0):
    """Logits that know something of the classes, and these."""
    generator = torch.Generator().manual_seed(seed)
    target = torch.randint(classes, (count,), generator=generator)
    logits = torch.randn(count, classes, generator=generator)
    return logits + 1.2 * torch.nn.functional.one_hot(target, classes), target


def found(logits, target):
    return {
        name: float(metric.function(logits, target)) for name, metric in class_metrics().items()
    }


def test_two_classes_are_measured_as_scikit_learn_does():
    logits, target = drawn(2)
    share = logits.double().softmax(dim=1)[:, 1].numpy()
    truth, guess = target.numpy(), logits.argmax(dim=1).numpy()
    assert found(logits, target) == pytest.approx(
        {
            "accuracy": sklearn_metrics.accuracy_score(truth, guess),
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(truth, guess),
            "auroc": sklearn_metrics.roc_auc_score(truth, share),
            "average_precision": sklearn_metrics.average_precision_score(truth, share),
            "f1": sklearn_metrics.f1_score(truth, guess),
            "log_loss": sklearn_metrics.log_loss(truth, share),
            "brier": sklearn_metrics.brier_score_loss(truth, share),
        },
        rel=1e-6,
    )


def test_more_classes_are_measured_as_scikit_learn_does():
    logits, target = drawn(4)
    shares = logits.double().softmax(dim=1).numpy()
    truth, guess = target.numpy(), logits.argmax(dim=1).numpy()
    each = np.eye(4)[truth]
    macro = partial(sklearn_metrics.average_precision_score, each, shares, average="macro")
    assert found(logits, target) == pytest.approx(
        {
            "accuracy": sklearn_metrics.accuracy_score(truth, guess),
            "balanced_accuracy": sklearn_metrics.balanced_accuracy_score(truth, guess),
            "auroc": sklearn_metrics.roc_auc_score(truth, shares, multi_class="ovr"),
            "average_precision": macro(),
            "f1": sklearn_metrics.f1_score(truth, guess, average="macro"),
            "log_loss": sklearn_metrics.log_loss(truth, shares),
            "brier": 4 * sklearn_metrics.mean_squared_error(each, shares),
        },
        rel=1e-6,
    )


def test_a_class_that_a_split_lacks_is_left_out_of_means():
    logits, target = drawn(3)
    rows = target != 2
    logits, target = logits[rows], target[rows]
    shares = logits.double().softmax(dim=1).numpy()
    values = found(logits, target)
    each = [sklearn_metrics.roc_auc_score(target == c, shares[:, c]) for c in (0, 1)]
    assert values["auroc"] == pytest.approx(sum(each) / 2)
    recalls = [(logits[target == c].argmax(dim=1) == c).double().mean().item() for c in (0, 1)]
    assert values["balanced_accuracy"] == pytest.approx(sum(recalls) / 2)
    assert all(math.isfinite(value) for value in values.values())


def test_what_has_no_value_is_no_number():
    logits, _ = drawn(2, count=10)
    ones, zeros = torch.ones(10, dtype=torch.long), torch.zeros(10, dtype=torch.long)
    assert math.isnan(found(logits, ones)["auroc"])
    assert found(logits, ones)["average_precision"] == pytest.approx(1)
    sure = torch.tensor([[9.0, 0.0]]).repeat(10, 1)
    values = found(sure, zeros)
    assert math.isnan(values["auroc"])
    assert math.isnan(values["average_precision"])
    assert math.isnan(values["f1"])  # neither there nor said
    assert values["accuracy"] == 1
    assert values["log_loss"] < 0.001


def test_directions_are_declared():
    directions = {name: metric_direction(name, one) for name, one in class_metrics().items()}
    lower = {name for name, direction in directions.items() if direction == "lower"}
    assert lower == {"log_loss", "brier"}
    assert set(directions.values()) == {"lower", "higher"}
