"""Points of a sweep as tables and as JSON, read from its results alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.table import Table

from paretocli.cli.tables import MOST_COLUMNS, as_text, weight_cell
from paretocli.core.names import SPARSITY
from paretocli.front.columns import is_share, is_size, split_of
from paretocli.front.means import results_with_means, with_means
from paretocli.front.results import Results
from paretocli.front.sizes import shown_sizes
from paretocli.front.task_columns import task_columns

if TYPE_CHECKING:
    from paretocli.core.problem import Problem


def shown_figures(results: Results, split: str = "test") -> tuple[Results, list[str]]:
    """What a table has room for: each task's metrics, or its loss where it has none.

    Of too many metrics the first of each task, then the losses alone, and means over the tasks
    where these are too many.

    Returns:
        The results, with the means if it takes them, and the names of the columns.
    """
    names = [str(column) for column in results.frame.columns]
    measured = [column for column in names if split_of(column) == split]
    metrics = [column for column in measured if not column.startswith("loss_")]
    losses = [f"loss_{name}_{split}" for name in results.objectives]
    tasks = [name for name in results.objectives if name != SPARSITY]
    bare = [t for t in tasks if not any(c.endswith(f"_{t}_{split}") for c in metrics)]
    first = [*task_columns(results, split).values()] if metrics else []
    without = [f"loss_{task}_{split}" for task in bare]
    fitting = _fitting([metrics, first] if metrics else [], without)
    chosen = fitting or losses
    if len(chosen) > MOST_COLUMNS:
        results, chosen = results_with_means(results, split)
    sizes = [name for name in shown_sizes(results.frame) if _says_something(results, name)]
    return results, [*chosen, *sizes]


def ended_figures(frame: pd.DataFrame, problem: "Problem") -> tuple[pd.DataFrame, list[str]]:
    """The same of a sweep that has just ended.

    Args:
        frame: Its results.
        problem: Its problem.
    """
    metrics = [f"{name}_test" for name in problem.metrics if f"{name}_test" in frame]
    first = [f"{next(iter(t.metrics))}_{t.name}_test" for t in problem.tasks if t.metrics]
    bare = [f"loss_{task.name}_test" for task in problem.tasks if not task.metrics]
    losses = [f"loss_{name}_test" for name in problem.objectives]
    if fitting := _fitting([metrics, first] if metrics else [], bare):
        return frame, fitting
    if len(losses) <= MOST_COLUMNS:
        return frame, losses
    return with_means(frame, problem.objectives, "test")


def _fitting(metrics: Sequence[Sequence[str]], bare: Sequence[str]) -> list[str]:
    """The first metrics that there is room for beside other columns, with these; none if none."""
    fitting = (shown for shown in metrics if len(shown) + len(bare) <= MOST_COLUMNS)
    found = next(fitting, None)
    return [] if found is None else [*found, *bare]


def points_table(
    results: Results, rows: Sequence[int] | np.ndarray[Any, Any], split: str = "test"
) -> str:
    """A table of some rows of the results: number, weights, and figures on a split."""
    few = len(results.objectives) <= MOST_COLUMNS
    results, figures = shown_figures(results, split)
    table = Table(box=None, pad_edge=False, header_style="bold")
    headers = ["point", f"weights {' '.join(results.objectives)}" if few else ""]
    for header in [*headers, *map(_header, figures)]:
        table.add_column(
            header.replace(" ", "\n"), justify="right", vertical="bottom", no_wrap=True
        )
    shares = {name for name in figures if is_share(name, results.values([name]))}
    for row in rows:
        line = results.frame.iloc[int(row)]
        weights = (
            [weight_cell(line[f"weight_{name}"]) for name in results.objectives] if few else []
        )
        cells = [
            as_figure(column, float(line[column]), share=column in shares) for column in figures
        ]
        table.add_row(str(results.point(int(row))), " ".join(weights), *cells)
    return as_text(table)


def points_as_json(
    results: Results, rows: Sequence[int] | np.ndarray[Any, Any]
) -> list[dict[str, Any]]:
    """All columns of some rows; empty and infinite cells are null."""
    frame = results.frame.iloc[np.asarray(rows, dtype=int)]
    # JSON has no NaN and no infinity.
    frame = frame.replace([np.inf, -np.inf], np.nan).astype(object)
    return [
        {str(name): value for name, value in row.items()}
        for row in frame.where(frame.notna(), None).to_dict("records")
    ]


def as_figure(column: str, value: float, *, share: bool, signed: bool = False) -> str:
    """A number as its column is read: shares as percentages, counts whole."""
    sign = "+" if signed else ""
    if np.isnan(value):
        return ""
    if share:
        return f"{100 * value:{sign}.2f} %"
    if column == "sparsity_rate":
        return f"{value:{sign}.1f} %"
    if is_size(column):
        return f"{value:{sign},.0f}"
    return f"{value:{sign}.4f}"


def _header(column: str) -> str:
    split = split_of(column)
    if split is None:
        return (
            column.replace("parameters", "para- meters").replace("macs", "MACs").replace("_", " ")
        )
    return f"{split} {column.removesuffix(f'_{split}').replace('_', ' ')}"


def _says_something(results: Results, column: str) -> bool:
    """Whether points differ in it: without sparsity all are of one size."""
    return column in results.frame.columns and results.frame[column].nunique() > 1
