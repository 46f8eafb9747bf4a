"""Sparse sweeps of two tasks that are weighted alike, so that their points lie in a line."""

import json

import numpy as np
import pandas as pd

from paretocli.run_directory.rounds import round_path
from paretocli.run_directory.sweep_file import read_sweep_file
from tests.runs import write_run


def in_a_line(path, shares, sizes, **columns):
    """A sweep with these weights of sparsity and exported sizes."""
    shares = np.array(shares)
    weights = np.stack([shares, (1 - shares) / 2, (1 - shares) / 2], axis=1)
    metrics = {"compact_parameters": sizes, "accuracy_a_val": 0.9 - shares / 10} | columns
    losses = np.stack([1 - shares, shares, shares], axis=1)
    names, given = ["sparsity", "a", "b"], {"weights": weights.tolist()}
    known = {"objectives": names, "sparsity": True, "retrain_epochs": 2, "epochs": 4}
    write_run(path, losses, metrics=metrics, **given, **known)
    frame = pd.read_csv(path / "results.csv")
    for name, column in zip(names, weights.T, strict=True):
        frame[f"weight_{name}"] = column
    frame.to_csv(path / "results.csv", index=False)
    return read_sweep_file(path)


def with_round(sweep, one, size=None):
    """The sweep with another round, and its only point solved where a size is given."""
    file = round_path(sweep.path, one.number)
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(one.content()))
    if size is not None:
        frame = pd.read_csv(sweep.path / "results.csv")
        row = frame.iloc[-1].copy()
        row["point"], row["compact_parameters"], row["shrunk_from"] = *one.points, size, 9000
        for name, weight in zip(("sparsity", "a", "b"), one.weights[0], strict=True):
            row[f"weight_{name}"] = weight
        frame = pd.concat([frame, row.to_frame().T], ignore_index=True)
        frame.to_csv(sweep.path / "results.csv", index=False)
    return read_sweep_file(sweep.path)
