"""The metrics of each group of samples that is compared, with intervals."""

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from paretocli.exporting.handing_over.each_sample import Places, TaskSamples
from paretocli.exporting.handing_over.intervals import (
    MOST_SAMPLES,
    OF_WHOLE,
    RESAMPLES,
    SEED,
    Figure,
    interval,
    why_none,
)


def group_figures(
    one: TaskSamples, groups: Places, count: int, measured: Mapping[str, float]
) -> list[dict[str, Figure]]:
    """By group and column, the metrics of its samples.

    Samples of all groups are drawn again, as for the metrics of all of them and by the same
    numbers; a group has those of them that are of it.

    Args:
        one: The samples of the task whose metrics are compared.
        groups: The group of each (N,), −1 for none.
        count: Of the groups.
        measured: The metrics of all samples, by column.
    """
    metrics = one.task.all_metrics
    columns = {name: f"{name}_{one.task.name}" for name in metrics}
    with warnings.catch_warnings():  # of metrics without a value
        warnings.simplefilter("ignore")
        reasons = {name: why_none(measured[columns[name]], one, name) for name in metrics}
        there = [
            {name: one.figure(name, np.flatnonzero(groups == number)) for name in metrics}
            for number in range(count)
        ]
        sound = [name for name in metrics if not reasons[name]]
        drawn = _drawn(one, groups, count, sound)
    return [
        {
            column: _figure(one, name, there[number][name], reasons[name], drawn[number].get(name))
            for name, column in columns.items()
        }
        for number in range(count)
    ]


def _drawn(
    one: TaskSamples, groups: Places, count: int, metrics: Sequence[str]
) -> list[dict[str, list[float]]]:
    """By group and metric, what it is in samples that were drawn again."""
    found: list[dict[str, list[float]]] = [{name: [] for name in metrics} for _ in range(count)]
    generator = np.random.default_rng(SEED)
    for resample in range(RESAMPLES if metrics else 0):
        rows = generator.integers(0, len(groups), len(groups))
        for number, kept in enumerate(found):
            of_group = rows[groups[rows] == number]
            for name in metrics:
                if resample < OF_WHOLE or not one.task.all_metrics[name].of_whole:
                    kept[name].append(one.figure(name, of_group))
    return found


def _figure(
    one: TaskSamples, name: str, value: float, reason: str, drawn: Sequence[float] | None
) -> Figure:
    if drawn is None:
        # What is something else when it is worked out sample by sample, is so for a group too.
        large = one.task.all_metrics[name].of_whole and len(one.places) > MOST_SAMPLES
        return Figure(value if large and math.isfinite(value) else None, reason=reason)
    if not math.isfinite(value):
        return Figure(None, reason="The metric has no value for this group.")
    return interval(value, drawn)
