"""A comparison for other programs: rows of a CSV, and JSON."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import pandas as pd

from paretocli.front.columns import split_of
from paretocli.front.comparison import INDICATORS, Comparison, Method
from paretocli.front.statistics import Statistics


def comparison_rows(found: Comparison) -> pd.DataFrame:
    """One row a sweep: its method, seed and figures, and in which box they were measured."""
    split = _split(found)
    labels = found.columns.labels
    box = dict(zip((f"ideal_{label}" for label in labels), found.ideal, strict=True))
    box |= dict(zip((f"reference_{label}" for label in labels), found.reference_point, strict=True))
    rows = [
        {
            "method": method.name,
            "seed": one.sweep.seed,
            "directory": str(one.sweep.path),
            "split": split,
            **dataclasses.asdict(one.indicators),
            **box,
        }
        for method in found.methods
        for one in method.sweeps
    ]
    return pd.DataFrame(rows)


def comparison_as_json(
    found: Comparison, *, picture: Path | None, csv: Path | None
) -> dict[str, Any]:
    """Everything as one JSON object; what is not known is null."""
    origins = (found.box.ideal_from, found.box.reference_point_from)
    return {
        "split": _split(found),
        "columns": [
            {"name": name, "better": "higher" if higher else "lower"}
            for name, higher in zip(found.columns.names, found.columns.higher, strict=True)
        ],
        "ideal": found.ideal,
        "ideal_from": origins[0],
        "reference_point": found.reference_point,
        "reference_point_from": origins[1],
        "stored_in": str(found.first.path) if "stored" in origins else None,
        "exact": found.exact,
        "reference_set_points": len(found.reference_set),
        "methods": [_method_as_json(method) for method in found.methods],
        "picture": None if picture is None else str(picture),
        "csv": None if csv is None else str(csv),
    }


def _split(found: Comparison) -> str | None:
    """The split of the measured columns that have one; None where they differ, or none has."""
    splits = {split_of(name) for name in found.columns.names} - {None}
    return splits.pop() if len(splits) == 1 else None


def _method_as_json(method: Method) -> dict[str, Any]:
    test = method.significance
    return {
        "name": method.name,
        "seeds": [one.sweep.seed for one in method.sweeps],
        "directories": [str(one.sweep.path) for one in method.sweeps],
        **{name: _statistics_as_json(method.statistics(name)) for name in INDICATORS},
        "test": None if test is None else test.test,
        "p_value": None if test is None else test.p_value,
        "sweeps": [
            {k: _or_none(v) for k, v in dataclasses.asdict(one.indicators).items()}
            | {"left_out_points": list(one.left_out.points)}
            for one in method.sweeps
        ],
    }


def _statistics_as_json(figure: Statistics) -> dict[str, Any]:
    return {
        "mean": _or_none(figure.mean),
        "std": _or_none(figure.std) if figure.count > 1 else None,
        "count": figure.count,
    }


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
