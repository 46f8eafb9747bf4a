"""Whether a difference between two methods may be chance."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import ttest_ind, ttest_rel

from paretocli.front.repetitions import Repetition, share_data

FEWEST_SEEDS = 2

Repeated = Sequence[tuple[Repetition, float]]
"""A figure of one method: seeds and folds, each with its value."""


@dataclass(frozen=True)
class Significance:
    """The outcome of a two-sided t-test.

    Attributes:
        test: `paired`, where both methods have the same seeds, or else `Welch`.
        p_value: Corrected for the number of tests.
    """

    test: Literal["paired", "Welch"]
    p_value: float


def against_first(methods: Sequence[Repeated]) -> list[Significance | None]:
    """Test each method against the first, with Holm's correction over all that are tested.

    Repetitions over several folds are no test: their training data overlap, so that they differ by
    less than independent ones, and p-values are far too small (Dietterich, Neural Computation 10,
    1998).

    Returns:
        None for the first, where one of both has less than two seeds, and over several folds.
    """
    first, *others = methods
    found: list[Significance | None] = [None, *(_tested(first, other) for other in others)]
    tested = [place for place, one in enumerate(found) if one is not None]
    raw = [one.p_value for one in found if one is not None]
    for place, p_value in zip(tested, holm(raw), strict=True):
        one = found[place]
        assert one is not None
        found[place] = Significance(one.test, p_value)
    return found


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct the p-values of k tests, so that one false alarm among them all is as rare as said.

    The i-th smallest is multiplied by k − i + 1, and at least as large as those before it.

    Source: Holm, *A simple sequentially rejective multiple test procedure*, Scandinavian Journal of
    Statistics 6 (1979).
    """
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    corrected = np.maximum.accumulate(np.asarray(p_values)[order] * factors).clip(max=1.0)
    back = np.empty(len(p_values))
    back[order] = corrected
    return [float(value) for value in back]


def _tested(first: Repeated, other: Repeated) -> Significance | None:
    if min(len(first), len(other)) < FEWEST_SEEDS:
        return None
    if share_data(repetition for repetition, _ in (*first, *other)):
        return None
    one, two = dict(first), dict(other)
    # Where a seed comes twice, nobody knows whose partner it is.
    paired = one.keys() == two.keys() and len(one) == len(first) and len(two) == len(other)
    with warnings.catch_warnings():
        # Seeds that hardly differ leave few digits; what that means is dealt with below.
        warnings.simplefilter("ignore", RuntimeWarning)
        if paired:
            found = ttest_rel(list(one.values()), [two[seed] for seed in one])
        else:
            values = ([value for _, value in method] for method in (first, other))
            found = ttest_ind(*values, equal_var=False)
    return Significance("paired" if paired else "Welch", _number(float(found.pvalue)))


def _number(p_value: float) -> float:
    """0/0, where all values are equal, speaks for no difference."""
    return 1.0 if np.isnan(p_value) else p_value
