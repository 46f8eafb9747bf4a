"""Run directories written by hand, as sweeps leave them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SPLITS = ("train", "val", "test")


def write_run(
    path: Path,
    losses: Sequence[Sequence[float]],
    *,
    ideal: Sequence[float] | None = None,
    reference: Sequence[float] | None = None,
    metrics: Mapping[str, Sequence[float]] | None = None,
    seconds: float = 1.5,
    failed: int = 0,
    missing: int = 0,
    data: Mapping[str, str] | None = None,
    **config: Any,
) -> Path:
    """A sweep with these validation losses (N, m); those of test are larger by 0.125.

    Args:
        path: The run directory.
        losses: Of the finished points.
        ideal: As stored, zeros without.
        reference: The stored reference point, ones without.
        metrics: Further columns.
        seconds: Of each point, failed ones too.
        failed: Points that failed, after the finished ones.
        missing: Points that have no result.
        data: Checksums.
        config: What differs from a sweep of `toy`.
    """
    table = np.asarray(losses, dtype=float)
    points, count = table.shape
    known = {
        "problem": "toy",
        "objectives": [f"f{j + 1}" for j in range(count)],
        "network": "hps",
        "solver": "chebyshev",
        "weights": [[1 / count] * count] * (points + failed + missing),
        "lr": 0.1,
        "smoothing": 0.1,
        "frozen_point": "",
        "seed": 0,
    } | config
    frame = pd.DataFrame({"point": range(points), "status": "done"})
    for name in ("problem", "network", "solver", "seed"):
        frame[name] = known[name]
    for name in known["objectives"]:
        frame[f"weight_{name}"] = 1 / count
    for j, name in enumerate(known["objectives"]):
        for k, split in enumerate(SPLITS):
            frame[f"loss_{name}_{split}"] = table[:, j] + 0.125 * (k - 1)
    for name, values in (metrics or {}).items():
        frame[name] = values
    for point in range(points, points + failed):
        frame.loc[point, ["point", "status"]] = [point, "failed"]
    frame["seconds"] = seconds
    path.mkdir(parents=True)
    frame.to_csv(path / "results.csv", index=False)
    checksums = dict.fromkeys(SPLITS, "0123") | dict(data or {})
    (path / "sweep.json").write_text(json.dumps({"config": known, "data": checksums}))
    corners = {
        "ideal": [0.0] * count if ideal is None else list(ideal),
        "reference_point": [1.0] * count if reference is None else list(reference),
    }
    (path / "normalisation.json").write_text(json.dumps(corners))
    return path
