"""What an interactive page shows: every figure of every point, and words for them.

The page chooses its axes itself, so unlike a picture it gets all columns. Its data is a plain
dictionary, ready for JSON: an empty or infinite cell is None.
"""

import shlex
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from paretocli.front.complete import LeftOut, complete_rows, finite_rows
from paretocli.front.directions import Directions
from paretocli.front.dominance import dominance_ranks
from paretocli.front.results import Results
from paretocli.plots.data import loss_columns
from paretocli.plots.input_names import legend_names, split_word, title_of
from paretocli.plots.opening import tasks_against_size
from paretocli.plots.page_axes import parallel_axes, tasks_of, whole_columns
from paretocli.plots.page_columns import (
    add_ranks,
    all_columns,
    describe_columns,
    numbers_of,
    numeric_columns,
)
from paretocli.plots.page_costs import step_costs
from paretocli.plots.style import Style, style_of

FURTHER = ("inside", "predicted", "landings", "landed", "refine", "note")
"""What is known of an input beyond its table, if anything."""

_MARKERS = {"o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down"}


def gather_page(
    results: Sequence[Results],
    split: str,
    *,
    columns: Sequence[str] | None = None,
    minimise: Collection[str] = (),
    maximise: Collection[str] = (),
    title: str | None = None,
    further: Sequence[dict[str, Any]] = (),
    reload: int | None = None,
) -> dict[str, Any]:
    """Collect what an interactive page shows.

    Unlike in a picture, what is dominated does not change with the axes: it is decided in the
    losses of all objectives on the split, as `on_front` is on the validation data, or in the chosen
    columns where an input lacks such losses; a point without one of these figures is not judged.

    Args:
        results: the inputs, at least one.
        split: whose losses and metrics the page starts with: `train`, `val` or `test`.
        columns: the first axes, x and y; by default the first task against size where size is
            an objective, else losses of the objectives, or parallel coordinates where these are
            more than three.
        minimise: what the user says is better lower.
        maximise: the same, better higher.
        title: the title; by default the problem.
        further: of each input what is known beyond its table, as
            `paretocli.library.page_content` gives it; nothing without.
        reload: seconds after which the page reloads itself, None where it stays as it is.

    Raises:
        InputError: a column is missing or holds words, or an input has no point to draw; nobody
            knows which direction of a chosen column is better where these decide; or without
            `columns`, the inputs name no objectives, or not the same.
    """
    directions = Directions(results, minimise, maximise)
    sizes = None if columns else tasks_against_size(results, split, directions)
    drawn = list(columns or (sizes and sizes[:2]) or loss_columns(results, split))
    for result in results:
        complete_rows(result, drawn)  # refuses what cannot be drawn
    directions.refuse_unused(all_columns(results), "drawn")
    objectives = list(dict.fromkeys(name for one in results for name in one.objectives))
    numeric = numeric_columns(results, drawn)
    described = describe_columns(
        results, numeric, objectives, split, directions=directions, drawn=drawn
    )
    varied = {column["name"] for column in described if column["low"] < column["high"]}
    decisive = [_losses(result, split) or drawn for result in results]
    judged = all(names is not drawn for names in decisive)
    if not judged:
        directions.higher(drawn)  # refuses what nobody knows
    many = columns is None and len(drawn) > 3
    series = [
        _series(result, name, style_of(index), numeric, theirs if judged else drawn, directions)
        for index, (result, name, theirs) in enumerate(
            zip(results, legend_names(results), decisive, strict=True)
        )
    ]
    for index, one in enumerate(series):
        one.update(further[index] if further else dict.fromkeys(FURTHER))
    rank = add_ranks(described, series)
    return {
        "title": title or title_of(results, ()),
        "dominance": f"{split_word(split)} losses" if judged else " and ".join(drawn),
        "view": "parallel" if many else "scatter",
        "x": drawn[0],
        "y": drawn[1],
        "colour": _colour(drawn, series, rank),
        "rank": rank,
        "columns": described,
        "words": [name for name in all_columns(results) if name not in numeric],
        "tasks": tasks_of(numeric, objectives, split),
        "whole": whole_columns(numeric),
        "parallel": parallel_axes(numeric, objectives, split, last=_sizes(varied)),
        "series": series,
        "reload": reload,
    }


def _colour(drawn: Sequence[str], series: Sequence[dict[str, Any]], rank: str) -> str | None:
    """The column to colour by at first: what the axes do not show, or ranks; None for by sweep."""
    if len(series) > 1:
        return None
    if len(drawn) == 3:
        return drawn[2]
    return rank if any(verdict is False for verdict in series[0]["on_front"]) else None


def _sizes(varied: Collection[str]) -> list[str]:
    """The size that ends each set of axes, if points differ in it: the shipped one if known."""
    return [name for name in ("compact_parameters", "sparsity_rate") if name in varied][:1]


def _losses(result: Results, split: str) -> list[str]:
    """Name the losses of all objectives on a split; empty where there are no two, or not all."""
    names = [f"loss_{name}_{split}" for name in result.objectives]
    return names if len(names) > 1 and set(names) <= set(result.frame.columns) else []


def _series(
    result: Results,
    name: str,
    style: Style,
    numeric: Collection[str],
    decisive: Sequence[str],
    directions: Directions,
) -> dict[str, Any]:
    ranks, left_out = _ranks(result, decisive, directions)
    rows = range(len(result.frame))
    return {
        "name": name,
        "failed": result.failed,
        "style": _plain_style(style),
        "points": [result.point(row) for row in rows],
        "on_front": [None if rank is None else rank == 1 for rank in ranks],
        "ranks": ranks,
        "not_judged": list(left_out.points),
        "export": [_export_command(result, row) for row in rows],
        "costs": step_costs(result),
        "cells": {
            str(column): _cells(result, str(column), column in numeric)
            for column in result.frame.columns
        },
    }


def _ranks(
    result: Results, columns: Sequence[str], directions: Directions
) -> tuple[list[int | None], LeftOut]:
    """The rank of dominance of each point (N,); None where one of its figures is not finite."""
    complete, left_out = finite_rows(result, columns)
    values = result.values(columns)[complete]
    ranks = np.full(len(complete), None)
    ranks[complete] = dominance_ranks(values, maximise=directions.higher(columns).tolist())
    return list(ranks.tolist()), left_out


def _plain_style(style: Style) -> dict[str, Any]:
    """The look of an input in the page's words; dashes are in widths of the line."""
    return {
        "colour": style.colour,
        "marker": _MARKERS[style.marker],
        "dashes": list(style.line[1]) if isinstance(style.line, tuple) else [],
        "hollow": style.hollow,
    }


def _cells(result: Results, column: str, numeric: bool) -> list[float | None] | list[str | None]:
    if not numeric:
        return [None if pd.isna(cell) else str(cell) for cell in result.frame[column]]
    numbers = numbers_of(result, column)
    return [number if np.isfinite(number) else None for number in numbers.tolist()]


def _export_command(result: Results, row: int) -> str | None:
    """The command that exports a point's network; None where the input keeps no network of it."""
    frame = result.frame
    if "weights_file" not in frame.columns or result.path.name != "results.csv":
        return None
    if pd.isna(frame["weights_file"].iloc[row]):
        return None
    point = str(result.point(row))
    folder = f"{result.source}-{point}"
    return shlex.join(["paretocli", "export", str(result.path.parent), point, "--out", folder])
