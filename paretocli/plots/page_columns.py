"""The columns of numbers that an interactive page offers for its axes, and words for them."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from paretocli.front.columns import label, metric_and_task, split_of
from paretocli.front.directions import Directions
from paretocli.front.results import Results
from paretocli.plots.data import axis_of, same_on_all_splits

_HIGHER = {"higher": True, "lower": False, None: None}


def all_columns(results: Sequence[Results]) -> list[str]:
    """Name the columns of all inputs, each once, in the order of the inputs."""
    return list(dict.fromkeys(str(name) for one in results for name in one.frame.columns))


def numeric_columns(results: Sequence[Results], drawn: Collection[str]) -> list[str]:
    """Name the columns that hold a finite number in some input, and those `drawn` in any case."""
    found = {
        str(name)
        for result in results
        for name in result.frame.select_dtypes("number").columns
        if np.isfinite(numbers_of(result, str(name))).any()
    }
    return [name for name in all_columns(results) if name in found or name in drawn]


def numbers_of(result: Results, column: str) -> npt.NDArray[np.float64]:
    """Take a column of one input as numbers (N,); NaN where it has none.

    Whole numbers are exact, others have 7 digits: more than anybody reads would double the page's
    data.
    """
    if column not in result.frame.columns:
        return np.full(len(result.frame), np.nan)
    cells = pd.to_numeric(result.frame[column], errors="coerce")
    numbers = cells.to_numpy(np.float64, na_value=np.nan).tolist()
    return np.array([cell if cell.is_integer() else float(f"{cell:.7g}") for cell in numbers])


def describe_columns(
    results: Sequence[Results],
    columns: Sequence[str],
    objectives: Sequence[str],
    split: str,
    *,
    directions: Directions,
    drawn: Collection[str],
) -> list[dict[str, Any]]:
    """Word columns of numbers, and say how their axes go.

    Args:
        results: the inputs.
        columns: as `numeric_columns` names them.
        objectives: of all inputs.
        split: the one to offer of columns that are the same on all splits.
        directions: which direction of a column is better.
        drawn: columns that the menus offer in any case.

    Returns:
        For each column its name, a label of its own, the label without the split (`row`), the
        split or None, a group of the menus or None where they leave it out, whether higher is
        better (None where nobody says so), the smallest and the largest value, and whether a
        logarithmic axis shows it better.
    """
    described = []
    for name in columns:
        same = same_on_all_splits(results, name)
        column = _describe(results, name, objectives, same, _HIGHER[directions.of(name)])
        if same and split_of(name) != split and name not in drawn:
            column["group"] = None
        described.append(column)
    labels = [column["label"] for column in described if column["group"]]
    for column in described:
        if labels.count(column["label"]) > 1:
            column["label"] += f" ({column['name']})"
    return described


def add_ranks(described: list[dict[str, Any]], series: Sequence[dict[str, Any]]) -> str:
    """Add a column of ranks of dominance, which no input has, to columns and cells; its name."""
    name = "rank of dominance"
    while any(name in one["cells"] for one in series):
        name += "*"  # a stranger's column of that name is another one
    for one in series:
        one["cells"][name] = one.pop("ranks")
    ranks = [rank for one in series for rank in one["cells"][name] if rank is not None]
    words = name.capitalize()
    described.append(
        {
            **{"name": name, "label": words, "row": words, "split": None, "group": None},
            **{"higher": False, "low": 1, "high": max([2, *ranks]), "log": False},
        }
    )
    return name


def _describe(
    results: Sequence[Results],
    column: str,
    objectives: Sequence[str],
    same: bool,
    higher: bool | None,
) -> dict[str, Any]:
    values = np.concatenate([numbers_of(result, column) for result in results])
    words = label(column, objectives, has_splits=not same)
    axis = axis_of(column, words, values[np.isfinite(values)], higher=bool(higher))
    weight = column.startswith("weight_") and metric_and_task(column, objectives)[1] in objectives
    return {
        "name": column,
        "label": words,
        "row": label(column, objectives, has_splits=False),
        "split": split_of(column),
        "group": "weights" if weight else split_of(column) or "point",
        "higher": higher,
        "low": axis.low,
        "high": axis.high,
        "log": axis.log,
    }
