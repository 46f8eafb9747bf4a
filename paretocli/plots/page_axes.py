"""Which columns of a sweep belong together on an interactive page."""

from collections.abc import Sequence
from typing import Any

from paretocli.front.columns import label, metric_and_task, split_of

_WHOLE = (
    *("compact_parameters", "compact_macs", "shrunk_from", "sparsity_rate", "compression_rate"),
    "relative_gap",
)
"""Figures of a point as a whole that come first, as far as there are any."""


def whole_columns(columns: Sequence[str]) -> list[str]:
    """Name the figures of a point as a whole that are worth a line beside those of its tasks."""
    return [name for name in _WHOLE if name in columns]


def tasks_of(columns: Sequence[str], objectives: Sequence[str], split: str) -> dict[str, Any]:
    """Lay out a small table of a point: a row an objective, with its weight, loss and metrics.

    Args:
        columns: names of all columns of numbers.
        objectives: of all inputs.
        split: whose losses and metrics: `train`, `val` or `test`.

    Returns:
        `heads`, and `rows` that have a `name` and for each head a column or None.
    """
    metrics = _metrics(columns, objectives, split)
    kinds = [
        {name: f"weight_{name}" for name in objectives},
        {name: f"loss_{name}_{split}" for name in objectives},
        *metrics,
    ]
    rows = []
    for name in objectives:
        cells = [named.get(name) for named in kinds]
        rows.append({"name": name, "columns": [one if one in columns else None for one in cells]})
    words = [
        label(next(iter(named.values())), objectives, has_splits=False, named=False)
        for named in metrics
    ]
    return {"heads": ["Weight", "Loss", *words], "rows": rows}


def parallel_axes(
    columns: Sequence[str], objectives: Sequence[str], split: str, *, last: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Choose sets of axes for parallel coordinates, each of two axes or more.

    First the losses of all objectives, then a set for each metric that several tasks have, and one
    for all metrics that only one task has.

    Args:
        columns: names of all columns of numbers.
        objectives: of all inputs.
        split: whose losses and metrics: `train`, `val` or `test`.
        last: columns of a point as a whole that end each set of metrics.

    Returns:
        Sets that have a `name` and `axes`, each of these with a `column` and a short `label`.
    """
    losses = {name: f"loss_{name}_{split}" for name in objectives}
    sets = [_set(losses, objectives, ())] if len(losses) > 1 else []
    single: dict[str, str] = {}
    for named in _metrics(columns, objectives, split):
        if len(named) > 1:
            sets.append(_set(named, objectives, last))
        else:
            (column,) = named.values()
            single[label(column, objectives, has_splits=False)] = column
    if len(single) > 1:
        sets.append(_set(single, objectives, last) | {"name": "Metrics"})
    return [one for one in sets if {axis["column"] for axis in one["axes"]} <= set(columns)]


def _set(named: dict[str, str], objectives: Sequence[str], last: Sequence[str]) -> dict[str, Any]:
    """Make a set of axes from columns by their labels, called after the first one's figure."""
    axes = [{"column": column, "label": name.replace("_", " ")} for name, column in named.items()]
    axes += [{"column": column, "label": label(column, objectives)} for column in last]
    name = label(next(iter(named.values())), objectives, named=False)
    return {"name": name, "axes": axes}


def _metrics(columns: Sequence[str], objectives: Sequence[str], split: str) -> list[dict[str, str]]:
    """Sort the columns of metrics on a split: for each metric, its columns by task."""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        metric, task = metric_and_task(column, objectives)
        if split_of(column) == split and task in objectives and metric not in {"loss", "weight"}:
            found.setdefault(metric, {})[task] = column
    return list(found.values())
