"""What the page of a sweep says beyond its table, as plain data: what planning knows of its points.

A table of somebody else has none of it.
"""

import math
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from paretocli.errors import InputError
from paretocli.front.exchange import RESULTS_FILE
from paretocli.front.predictions import Prediction, predictions, typical_errors
from paretocli.front.results import Results
from paretocli.planning.judged import of_interest, refuse_other_table
from paretocli.planning.predicted_front import ColumnError, PredictedFront, predicted_front
from paretocli.plots.data import same_on_all_splits
from paretocli.run_directory.sweep_file import SWEEP_FILE, SweepFile, read_sweep_file
from paretocli.solvers.registry import SOLVERS

DIGITS = 5  # of what is expected
LEAST_POINTS = 2  # for one to have a neighbour


def content_of(results: Results) -> dict[str, Any]:
    """What is known of a sweep besides its table.

    Args:
        results: Its table.

    Returns:
        `inside`, for each row whether the point is in the region of interest; `predicted`, the
        front between the points; `landings`, by row the columns that something was expected of,
        with what it was and what there is; `landed`, a sentence on the typical errors; `refine`,
        the command that adds points; and `note`, why there is none of it. Each may be None.
    """
    nothing = dict.fromkeys(("inside", "predicted", "landings", "landed", "refine", "note"))
    if results.path.name != RESULTS_FILE or not (results.path.parent / SWEEP_FILE).exists():
        return nothing
    try:
        sweep = read_sweep_file(results.path.parent)
        refuse_other_table(sweep, results)
        inside = of_interest(sweep, results).tolist()
        front = predicted_front(sweep, results)
    except InputError as error:
        return nothing | {"note": f"no predicted front and no region of interest: {error}"}
    landed = predictions(sweep, results)
    return {
        "inside": inside,
        "predicted": None if front is None else _as_plain(results, front),
        "landings": _landings(results, landed),
        "landed": _typical(landed),
        "refine": _refine(sweep),
        "note": None,
    }


def _refine(sweep: SweepFile) -> str | None:
    """The command that adds points, but for which; None where the solver has points of its own."""
    solver = SOLVERS.sound.get(str(sweep.config.get("solver")))
    if solver is None or not solver.takes_more or sweep.points < LEAST_POINTS:
        return None
    path = str(sweep.path)
    # What begins with a dash would be taken for an option.
    return shlex.join(["paretocli", "refine", f"./{path}" if path.startswith("-") else path])


def _as_plain(results: Results, front: PredictedFront) -> dict[str, Any]:
    flat = front.values.reshape(-1, len(front.columns))
    return {
        "curve": front.is_curve,
        "corners": front.corners.tolist(),
        "places": front.values.shape[1],
        "cells": {
            name: [_plain(number) for number in flat[:, j].tolist()]
            for j, name in enumerate(front.columns)
        },
        "recorded": _errors(results, front.columns, front.recorded),
        "left_out": _errors(results, front.columns, front.left_out),
    }


def _plain(number: float) -> float | None:
    return float(f"{number:.{DIGITS}g}") if math.isfinite(number) else None


def _errors(
    results: Results, columns: Sequence[str], errors: Mapping[str, ColumnError]
) -> dict[str, Any]:
    """Errors by column; where a column is the same on all splits, those of one are the others'."""
    found = {}
    for name in columns:
        twin = name
        if name not in errors and same_on_all_splits([results], name):
            twin = f"{name.rpartition('_')[0]}_val"
        if twin in errors:
            one = errors[twin]
            size = float(f"{one.size:.{DIGITS}g}")
            found[name] = {"size": size, "factor": one.is_factor, "points": one.points}
    return found


def _landings(results: Results, landed: Sequence[Prediction]) -> list[list[list[Any]] | None]:
    """For each row what was expected: column, expected and landed."""
    by_point = {one.point: one for one in landed}
    found: list[list[list[Any]] | None] = []
    for row in range(len(results.frame)):
        one = by_point.get(results.point(row))
        rows = None
        if one is not None:
            rows = [[name, value, one.landed.get(name)] for name, value in one.expected.items()]
        found.append(rows)
    return found


def _typical(landed: Sequence[Prediction]) -> str | None:
    typical = typical_errors(landed)
    if not typical:
        return None
    words = [f"{name} {error}" for name, error in typical.items()]
    count = max(error.points for error in typical.values())
    points = "1 point" if count == 1 else f"{count} points"
    return f"Typically off from what was expected of {points}: {', '.join(words)}."
