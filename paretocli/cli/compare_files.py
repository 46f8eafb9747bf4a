"""A comparison for other programs, as JSON."""

import dataclasses
import math
from pathlib import Path
from typing import Any

from paretocli.front.baselines import Beside
from paretocli.front.comparison import INDICATORS, Comparison, Method
from paretocli.front.statistics import Statistics


def comparison_as_json(
    found: Comparison, beside: Beside | None, *, picture: Path | None, csv: Path | None
) -> dict[str, Any]:
    """Everything as one JSON object; what is not known is null."""
    origins = (found.box.ideal_from, found.box.reference_point_from)
    return {
        "split": found.split,
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
        "true_front": found.true_front,
        "largest_hypervolume": found.largest_hypervolume,
        "baselines": None if beside is None else beside.as_plain(),
        "methods": [_method_as_json(method) for method in found.methods],
        "picture": None if picture is None else str(picture),
        "csv": None if csv is None else str(csv),
    }


def _method_as_json(method: Method) -> dict[str, Any]:
    test = method.significance
    folds = [one.sweep.repetition.fold for one in method.sweeps]
    return {
        "name": method.name,
        "seeds": [one.sweep.seed for one in method.sweeps],
        **({"folds": folds} if any(fold is not None for fold in folds) else {}),
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
