"""Metrics of classes over a whole split, as scikit-learn defines them."""

import math
import warnings
from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    roc_auc_score,
)
from torch import Tensor

from paretocli.core.problem import Metric
from paretocli.problems.classification import accuracy

Shares = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]
Figure = Callable[[Classes, Shares], float]


def class_metrics() -> dict[str, Metric]:
    """The metrics of a task with classes, by name.

    Of two classes, `f1`, `auroc` and `average_precision` are those of the second one, and `brier`
    is the mean of (p − y)² with its probability p. Of more, the first three are means over the
    classes, each against all others, and `brier` is the sum over them. A class that a split lacks
    is left out of its means; what needs two classes, or one that is not there, has no value.
    """
    return {
        "accuracy": Metric.mean(accuracy, higher_is_better=True),
        "balanced_accuracy": _whole(_balanced_accuracy, higher_is_better=True),
        "auroc": _whole(partial(_one_against_others, score=_auroc), higher_is_better=True),
        "average_precision": _whole(
            partial(_one_against_others, score=_average_precision), higher_is_better=True
        ),
        "f1": _whole(_f1, higher_is_better=True),
        "log_loss": _whole(_log_loss, higher_is_better=False),
        "brier": _whole(_brier, higher_is_better=False),
    }


def _whole(figure: Figure, *, higher_is_better: bool) -> Metric:
    return Metric.whole(partial(_of_logits, figure=figure), higher_is_better=higher_is_better)


def _of_logits(output: Tensor, target: Tensor, *, figure: Figure) -> float:
    """A figure of logits (N, C) and classes (N,)."""
    with warnings.catch_warnings():  # of classes that are not there
        warnings.simplefilter("ignore")
        return float(figure(target.numpy(), output.double().softmax(dim=-1).numpy()))


def _balanced_accuracy(classes: Classes, shares: Shares) -> float:
    return float(balanced_accuracy_score(classes, shares.argmax(axis=1)))


def _f1(classes: Classes, shares: Shares) -> float:
    found = shares.argmax(axis=1)
    if shares.shape[1] == 2:
        return float(f1_score(classes, found, zero_division=np.nan))
    return float(f1_score(classes, found, average="macro", zero_division=np.nan))


def _log_loss(classes: Classes, shares: Shares) -> float:
    return float(log_loss(classes, shares, labels=range(shares.shape[1])))


def _brier(classes: Classes, shares: Shares) -> float:
    squared = np.square(shares - np.eye(shares.shape[1])[classes]).sum(axis=1).mean()
    return float(squared / 2 if shares.shape[1] == 2 else squared)


def _one_against_others(classes: Classes, shares: Shares, *, score: Figure) -> float:
    """The score of the second of two classes, or the mean of all that are there."""
    every = [1] if shares.shape[1] == 2 else range(shares.shape[1])
    found = [score(classes == one, shares[:, one]) for one in every]
    there = [value for value in found if not math.isnan(value)]
    return sum(there) / len(there) if there else math.nan


def _auroc(positive: Classes, share: Shares) -> float:
    return math.nan if positive.all() or not positive.any() else roc_auc_score(positive, share)


def _average_precision(positive: Classes, share: Shares) -> float:
    return average_precision_score(positive, share) if positive.any() else math.nan
