"""The constant predictor: what says the same of every sample, and is best at that in training."""

import numpy as np

from paretocli.baselines.labelled import Array, Labelled
from paretocli.core.prediction import Classes

TIE = 1e-5  # far above the rounding of logits, far below what a share says


def constant(task: Labelled) -> Array:
    """The constant with the smallest training loss: shares of classes (C,), or the mean ().

    Both by the rows' weights. Of classes whose weighted shares are equal, as balanced ones are, the
    one with most rows is what is predicted.
    """
    if not isinstance(task.kind, Classes):
        return np.asarray(np.average(task.labels, weights=task.weights))
    counts, plain = (
        np.bincount(task.labels, weights=weights, minlength=task.kind.count)
        for weights in (task.weights, None)
    )
    shares = counts / counts.sum() + TIE * plain / plain.sum()
    found: Array = shares / shares.sum()
    return found
