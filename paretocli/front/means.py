"""Means over tasks, for sweeps of so many that a table has no room for each."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from paretocli.core.names import SPARSITY
from paretocli.front.columns import metric_and_task, split_of
from paretocli.front.results import Results

MEAN = "mean "
MOST = 3  # metrics


def mean_columns(columns: Sequence[str], objectives: Sequence[str], split: str) -> dict[str, str]:
    """The names of columns of means, each with the metric or loss whose mean it is.

    The first metrics that all tasks have; where they have none in common, the loss.

    Args:
        columns: Those of the results.
        objectives: The sweep's.
        split: Where they were measured.
    """
    tasks = [name for name in objectives if name != SPARSITY]
    known = {*columns}
    metrics: dict[str, None] = {}
    for column in columns:
        metric, task = metric_and_task(column, objectives)
        if split_of(column) == split and task in tasks and metric != "loss":
            metrics.setdefault(metric)
    shared = [
        metric for metric in metrics if {f"{metric}_{task}_{split}" for task in tasks} <= known
    ]
    return {f"{MEAN}{metric}_{split}": metric for metric in shared[:MOST] or ["loss"]}


def with_means(
    frame: pd.DataFrame, objectives: Sequence[str], split: str
) -> tuple[pd.DataFrame, list[str]]:
    """A table with columns of means over the tasks, and their names.

    A mean is missing where a task's figure is: that of the others would be another thing.

    Args:
        frame: Results, one row a point.
        objectives: The sweep's.
        split: Where they were measured.
    """
    tasks = [name for name in objectives if name != SPARSITY]
    found = mean_columns([str(name) for name in frame.columns], objectives, split)
    means = {
        name: frame[[f"{metric}_{task}_{split}" for task in tasks]].mean(axis=1, skipna=False)
        for name, metric in found.items()
    }
    return pd.concat([frame, pd.DataFrame(means, index=frame.index)], axis=1), [*found]


def results_with_means(results: Results, split: str) -> tuple[Results, list[str]]:
    """The same of the results of a sweep that were read.

    Raises:
        InputError: A cell is no number.
    """
    tasks = [name for name in results.objectives if name != SPARSITY]
    found = mean_columns([str(name) for name in results.frame.columns], results.objectives, split)
    for metric in found.values():
        results.values([f"{metric}_{task}_{split}" for task in tasks])
    frame, names = with_means(results.frame, results.objectives, split)
    return replace(results, frame=frame), names
