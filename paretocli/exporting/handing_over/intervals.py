"""Confidence intervals of metrics, from test samples that are drawn again and again.

The percentile bootstrap: as many samples as there are are drawn from them, with replacement, and
each metric is worked out of those that were drawn; the interval holds the middle 95 % of what comes
of it. Samples are drawn, and not labels: all tasks get the same ones, and what has no label of a
task counts in none of its figures.

Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paretocli.exporting.handing_over.each_sample import TaskSamples

LEVEL = 0.95
SEED = 0
RESAMPLES = 1000
OF_WHOLE = 200  # of metrics of a whole split, which take all of it each time
MOST_SAMPLES = 200_000  # for those
LEAST_DEFINED = 0.5  # of the resamples
RELATIVE, ABSOLUTE = 1e-4, 1e-5  # from what was measured in batches, in single precision


@dataclass(frozen=True)
class Figure:
    """A metric on the test data.

    Attributes:
        value: As it was measured; None where it has none.
        low: The interval's lower end, None without one.
        high: The upper end.
        resamples: Of how many it is.
        undefined: In how many of these the metric has no value; they are left out.
        reason: Why there is no interval, a sentence; empty where there is one.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    resamples: int = 0
    undefined: int = 0
    reason: str = ""


def figures_with_intervals(
    measured: Mapping[str, float], samples: Sequence[TaskSamples]
) -> dict[str, Figure]:
    """The metrics with their intervals, by column name.

    Args:
        measured: The metrics by column name, as they were measured.
        samples: Of each task.
    """
    columns = {
        f"{name}_{one.task.name}": (one, name) for one in samples for name in one.task.all_metrics
    }
    with warnings.catch_warnings():  # of metrics without a value, which are counted
        warnings.simplefilter("ignore")
        reasons = {
            column: why_none(measured[column], one, name) for column, (one, name) in columns.items()
        }
        left = {column: pair for column, pair in columns.items() if not reasons[column]}
        drawn = _drawn(left, len(samples[0].places))
    return {
        column: Figure(_or_none(measured[column]), reason=reasons[column])
        if reasons[column]
        else interval(measured[column], drawn[column])
        for column in columns
    }


def _drawn(columns: Mapping[str, tuple[TaskSamples, str]], count: int) -> dict[str, list[float]]:
    """Each column's figures of samples that were drawn again.

    Args:
        columns: The samples of its task, and its metric, by column.
        count: Of the samples.
    """
    drawn: dict[str, list[float]] = {column: [] for column in columns}
    generator = np.random.default_rng(SEED)
    for number in range(RESAMPLES if columns else 0):
        rows = generator.integers(0, count, count)
        for column, (one, name) in columns.items():
            if number < OF_WHOLE or not one.task.all_metrics[name].of_whole:
                drawn[column].append(one.figure(name, rows))
    return drawn


def why_none(measured: float, one: TaskSamples, name: str) -> str:
    """Why a metric has no interval, a sentence; empty where it has one.

    Args:
        measured: The metric on the test data.
        one: The samples of its task.
        name: Of the metric.
    """
    if not math.isfinite(measured):
        return "The metric has no value on the test data."
    if one.task.all_metrics[name].of_whole and len(one.places) > MOST_SAMPLES:
        return (
            f"It takes the whole split each time, and there are more than {MOST_SAMPLES:,} samples."
        )
    again = one.figure(name, np.arange(len(one.places)))
    if not math.isclose(again, measured, rel_tol=RELATIVE, abs_tol=ABSOLUTE):
        return (
            f"Worked out sample by sample it is {again:.6g} and not {measured:.6g}, so that "
            "drawing samples again says nothing."
        )
    return ""


def interval(measured: float, drawn: Sequence[float]) -> Figure:
    """A figure with its interval, from what it is in samples that were drawn again."""
    values = np.array(drawn)
    there = values[np.isfinite(values)]
    undefined = len(values) - len(there)
    if len(there) < LEAST_DEFINED * len(values):
        reason = f"The metric has no value in {undefined} of {len(values)} resamples."
        return Figure(measured, None, None, len(values), undefined, reason)
    low, high = np.quantile(there, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).tolist()
    return Figure(measured, low, high, len(values), undefined)


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
