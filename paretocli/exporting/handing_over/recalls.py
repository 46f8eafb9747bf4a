"""How many test samples of each class a network takes for what they are, with intervals."""

import math
from collections.abc import Sequence

import numpy as np

from paretocli.exporting.handing_over.each_sample import TaskSamples
from paretocli.exporting.handing_over.intervals import RESAMPLES, SEED, Figure, interval

MOST_CLASSES = 20


def recalls(one: TaskSamples, names: Sequence[str]) -> dict[str, Figure]:
    """The recall of each class: of its test samples, the share that the network takes for it.

    Samples are drawn again as for the metrics, by the same numbers.

    Args:
        one: The samples of a task.
        names: Of its classes, in order.

    Returns:
        By class; nothing where the task has no classes, more than 20, two of one name, or other
        outputs than logits.
    """
    classes, predicted = one.classes, one.predicted
    few = 0 < len({*names}) == len(names) <= MOST_CLASSES
    if classes is None or predicted is None or not few:
        return {}
    known = (classes >= 0) & (classes < len(names))
    right = known & (classes == predicted)
    generator = np.random.default_rng(SEED)
    drawn = []
    for _ in range(RESAMPLES):
        rows = generator.integers(0, len(classes), len(classes))
        drawn.append(_shares(classes[rows], known[rows], right[rows], len(names)))
    there = _shares(classes, known, right, len(names))
    table = np.array(drawn)
    found = {}
    for number, (name, share) in enumerate(zip(names, there, strict=True)):
        if math.isnan(share):
            found[name] = Figure(None, reason="No test sample is of this class.")
        else:
            found[name] = interval(share, table[:, number].tolist())
    return found


def _shares(classes: np.ndarray, known: np.ndarray, right: np.ndarray, count: int) -> list[float]:
    """By class, the share of its samples that are right, NaN where there are none."""
    of_each = np.bincount(classes[known], minlength=count)
    hits = np.bincount(classes[right], minlength=count)
    with np.errstate(invalid="ignore"):
        found: list[float] = (hits / of_each).tolist()
    return found
