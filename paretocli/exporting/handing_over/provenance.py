"""Where an exported network comes from: its sweep, its point, its certificate and its data."""

import platform
import shlex
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.exporting.point import SolvedPoint
from paretocli.front.columns import SERVES
from paretocli.front.costs import ExchangeRates
from paretocli.front.exchange import Exchange
from paretocli.front.results import Results, read_results
from paretocli.front.selection import front_of
from paretocli.option import as_stored
from paretocli.options.declared import defaults, meant_before
from paretocli.sweeping.made_with import versions

DECIDES = "val"
"""The split that chooses epochs, and whose losses decide what the front is."""

# What a record says of its point and of its certificate, where it does.
_OF_POINT = (
    *("epochs", "best_epoch", "round", "parent", "kept_epoch"),
    *("shrunk_from", "pruned_to", "partner", "loss", "metric"),
)
_OF_CERTIFICATE = (
    *("chebyshev_value", "gap", "relative_gap", "stationarity", "mean_stationarity"),
    *("multipliers", "mean_multipliers", "below_ideal"),
)
_RUN_BY = ("onnx", "onnxruntime", "safetensors")


def sweep_of(solved: SolvedPoint) -> dict[str, Any] | None:
    """The sweep, ready for JSON, with all of its settings but the points' weights."""
    sweep = solved.sweep
    if sweep is None:
        return None
    settings = {name: value for name, value in sweep.config.items() if name != "weights"}
    usual, before = as_stored(defaults()), meant_before()
    return {
        "directory": str(solved.directory),
        "points": sweep.points,
        "settings": settings,
        "unusual": [
            name
            for name, value in settings.items()
            if name in usual and value not in (usual[name], before.get(name, usual[name]))
        ],
    }


def point_of(solved: SolvedPoint, results: Results | None) -> dict[str, Any]:
    """The point, ready for JSON.

    Args:
        solved: It.
        results: The sweep's table, None where there is none.
    """
    record: Mapping[str, Any] = solved.record
    names = solved.problem.objectives if solved.sweep is None else solved.sweep.config["objectives"]
    row = None if results is None else _row(results, record["point"])
    serves = None
    if results is not None and row is not None and SERVES in results.frame.columns:
        cell = results.frame[SERVES].iloc[row]
        serves = cell if isinstance(cell, str) else ""
    return {
        "number": record["point"],
        "weights": dict(zip(names, record["weights"], strict=True)),
        **{name: record[name] for name in _OF_POINT if name in record},
        "serves": serves,
    }


def certificate_of(solved: SolvedPoint) -> dict[str, Any]:
    """What certifies the point, ready for JSON, as far as its record says it."""
    record: Mapping[str, Any] = solved.record
    return {name: record[name] for name in _OF_CERTIFICATE if record.get(name) is not None}


def results_of(solved: SolvedPoint) -> Results | None:
    """The table of the sweep's points, None where there is none that could be read."""
    try:
        return read_results(solved.directory)
    except InputError:
        return None


def rates_of(solved: SolvedPoint, results: Results | None) -> ExchangeRates:
    """The exchange rates at the point, or why there are none."""
    point = solved.record["point"]
    why = f"{solved.directory} has no table of results that could be read"
    try:
        row = None if results is None else _row(results, point)
        if results is not None and row is not None:
            front = np.flatnonzero(front_of(results, DECIDES)[0]).tolist()
            return Exchange(results, front, DECIDES).at(row)
    except InputError as error:
        why = str(error).rstrip(".")
    return ExchangeRates(point, DECIDES, f"No exchange rates at point {point}: {why}.")


def data_of(solved: SolvedPoint) -> dict[str, Any]:
    """The data, ready for JSON: checksums as the sweep noted them, and samples of each split."""
    problem, sweep = solved.problem, solved.sweep
    counts = {"train": len(problem.train)}  # which an epoch may see several times
    counts |= {name: len(data) for name, data in problem.splits().items() if name != "train"}
    if sweep is None:
        return {"checksums": {}, "samples": counts}
    settings: Mapping[str, Any] = sweep.config
    counts["train"] = settings.get("train_samples", counts["train"])
    return {"checksums": dict(sweep.checksums), "samples": counts}


def made_with(solved: SolvedPoint, threads: int) -> dict[str, Any]:
    """Versions and machines: of training as it was noted, and of the export; ready for JSON."""
    record: Mapping[str, Any] = solved.record
    noted = dict(record.get("made_with", {}))
    if "versions" not in noted and solved.sweep is not None:
        noted["versions"] = dict(solved.sweep.versions)
    if "device" in record:
        noted["device"] = record["device"]
    return {
        "training": noted,
        "export": {
            "versions": versions() | _installed(_RUN_BY),
            "platform": platform.platform(),
            "threads": threads,
        },
    }


def split_facts(solved: SolvedPoint) -> list[str]:
    """What its options say of how a table was split, a sentence each."""
    settings: Mapping[str, Any] = {} if solved.sweep is None else solved.sweep.config
    found = []
    if settings.get("group"):
        found.append(
            f"Rows with the same {settings['group']} are all in one split: those of the test data "
            "were not trained on."
        )
    if settings.get("split"):
        found.append(f"The column {settings['split']} said which rows are test data.")
    return found


def export_command(
    solved: SolvedPoint,
    out: Path,
    formats: Sequence[str],
    threads: int,
    samples: int,
    lossy: Mapping[str, Mapping[str, Any]],
) -> str:
    """The command that exports the point like this."""
    parts = ["paretocli", "export", str(solved.directory), str(solved.record["point"])]
    parts += ["--format", ",".join(formats) or "none", "--out", str(out)]
    for option in ("max_drop", "calibration_samples", "quantise_aware"):
        asked = max((one[option] for one in lossy.values()), default=0)
        if asked:  # one number is for all formats, and some need no calibration
            parts += [f"--{option.replace('_', '-')}", str(asked)]
    return shlex.join([*parts, "--threads", str(threads), "--samples", str(samples)])


def _row(results: Results, point: int) -> int | None:
    rows = [row for row in range(len(results.frame)) if results.point(row) == point]
    return rows[0] if rows else None


def _installed(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
