"""Points of a sweep as tables and as JSON, read from its results alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.table import Table

from paretocli.cli.tables import MOST_COLUMNS, as_text
from paretocli.core.names import SPARSITY
from paretocli.front.columns import is_share, is_size, split_of
from paretocli.front.results import Results
from paretocli.front.sizes import shown_sizes


def figure_columns(results: Results, split: str = "test") -> list[str]:
    """What a table has room for: each task's metrics, or its loss where it has none.

    The losses alone where these are too many.
    """
    names = [str(column) for column in results.frame.columns]
    measured = [column for column in names if split_of(column) == split]
    metrics = [column for column in measured if not column.startswith("loss_")]
    losses = [f"loss_{name}_{split}" for name in results.objectives]
    tasks = [name for name in results.objectives if name != SPARSITY]
    bare = [t for t in tasks if not any(c.endswith(f"_{t}_{split}") for c in metrics)]
    shown = [*metrics, *(f"loss_{task}_{split}" for task in bare)]
    chosen = shown if metrics and len(shown) <= MOST_COLUMNS else losses[:MOST_COLUMNS]
    return [
        *chosen,
        *(name for name in shown_sizes(results.frame) if _says_something(results, name)),
    ]


def points_table(
    results: Results, rows: Sequence[int] | np.ndarray[Any, Any], split: str = "test"
) -> str:
    """A table of some rows of the results: number, weights, and figures on a split."""
    few = len(results.objectives) <= MOST_COLUMNS
    figures = figure_columns(results, split)
    table = Table(box=None, pad_edge=False, header_style="bold")
    headers = ["point", f"weights {' '.join(results.objectives)}" if few else ""]
    for header in [*headers, *map(_header, figures)]:
        table.add_column(
            header.replace(" ", "\n"), justify="right", vertical="bottom", no_wrap=True
        )
    shares = {name for name in figures if is_share(name, results.values([name]))}
    for row in rows:
        line = results.frame.iloc[int(row)]
        weights = [f"{line[f'weight_{name}']:.3f}" for name in results.objectives] if few else []
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
