"""Run directories of points that nobody had to train, with records that certify them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.exact import CURVES, exact_points, terms
from tests.runs import SPLITS, write_run

EPSILON = 1e-4


def exact_multipliers(problem: str, weights: npt.ArrayLike, epsilon: float) -> np.ndarray:
    """λ (K, 2) at the exact solutions of a problem whose front is a curve.

    Along it the terms change by g', and Σ_i λ_i g_i' = 0.
    """
    curve, low, high = CURVES[problem]
    rows = np.atleast_2d(np.asarray(weights, dtype=float))
    found = []
    for w, point in zip(rows, exact_points(problem, rows, epsilon), strict=True):
        place = _place(problem, point[0])
        step = 1e-6 * (high - low)
        along = [terms(curve(place + sign * step), w, epsilon) for sign in (-1, 1)]
        first, second = along[1] - along[0]
        found.append(np.array([-second, first]) / (first - second))
    return np.array(found)


def exact_slope(problem: str, first: float) -> float:
    """df_2 / df_1 of a front, where f_1 is known; by hand."""
    place = _place(problem, first)
    if problem == "zdt2":
        return -2 * place
    near, far = place - 1, place + 1
    return float(far * np.exp(-(far**2)) / (near * np.exp(-(near**2))))


def _place(problem: str, first: float) -> float:
    return float(1 - np.sqrt(-np.log1p(-first))) if problem == "vlmop2" else first


def write_solved(
    path: Path,
    losses: npt.ArrayLike,
    weights: Sequence[Sequence[float]],
    multipliers: Sequence[Sequence[float] | None],
    *,
    scale: Sequence[float] | None = None,
    metrics: Mapping[str, Sequence[float]] | None = None,
    record: Mapping[str, Any] | None = None,
    **config: Any,
) -> Path:
    """A sweep that is finished: training losses (K, m), weights (K, m), multipliers (K, m).

    Losses of the other splits are the same but for a constant.

    Args:
        path: The run directory.
        losses: Of all points.
        weights: The same.
        multipliers: The same; None where a solver has none.
        scale: s (m,), ones without.
        metrics: Further columns.
        record: What is different in the records.
        config: As for `write_run`.
    """
    table = np.asarray(losses, dtype=float)
    names = config.setdefault("objectives", [f"f{j + 1}" for j in range(table.shape[1])])
    settings = {"weights": [list(map(float, w)) for w in weights], "epsilon": EPSILON} | config
    write_run(path, table + 0.125, metrics=metrics, **settings)
    frame = pd.read_csv(path / "results.csv")
    for name, column in zip(names, np.transpose(settings["weights"]), strict=True):
        frame[f"weight_{name}"] = column
    frame.to_csv(path / "results.csv", index=False)
    note = json.loads((path / "normalisation.json").read_text())
    note["scale"] = [1.0] * len(names) if scale is None else list(scale)
    (path / "normalisation.json").write_text(json.dumps(note))
    (path / "points").mkdir()
    for point, (row, w, found) in enumerate(zip(table, weights, multipliers, strict=True)):
        losses_of = dict(zip(names, row.tolist(), strict=True))
        content = {
            "point": point,
            "status": "done",
            "weights": list(map(float, w)),
            "epochs": 1,
            "seconds": 1.0,
            "loss": dict.fromkeys(SPLITS, losses_of),
            "metric": {split: {} for split in SPLITS},
            "multipliers": None if found is None else list(map(float, found)),
            "relative_gap": 0.0,
            "stationarity": 0.0,
        } | dict(record or {})
        (path / "points" / f"{point:04d}.json").write_text(json.dumps(content))
    return path
