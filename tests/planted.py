"""Measurements that nobody made, in run directories: figures that a test knows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paretocli.run_directory.measurements import MEASUREMENTS_FILE, RECIPE
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.store import RunDirectory

DEVICE = {"name": "board", "processor": "Some CPU", "cores": 4, "system": "Linux aarch64"}


def timed(milliseconds: float, halves: tuple[float, float] | None = None) -> dict[str, Any]:
    """How long a network took for a batch."""
    return {
        "median_ms": milliseconds,
        "p95_ms": 2 * milliseconds,
        "halves_ms": [milliseconds, milliseconds] if halves is None else list(halves),
        "calls": 200,
    }


def measurements(
    latencies: Mapping[int, float], checkpoints: Mapping[int, str] | None = None, **changes: Any
) -> dict[str, Any]:
    """What `measurements.json` holds where points took so many milliseconds at batch 1."""
    return {
        "recipe": RECIPE,
        "date": "2026-01-02T03:04:05+00:00",
        "device": dict(DEVICE),
        "engine": {"name": "onnxruntime", "version": "1.0"},
        "format": "onnx",
        "threads": 1,
        "processors": [0],
        "dense": _network(4.0),
        "points": [
            {"point": point, "checkpoint": (checkpoints or {}).get(point, "0"), **_network(ms)}
            for point, ms in latencies.items()
        ],
    } | changes


def _network(milliseconds: float) -> dict[str, Any]:
    return {
        "file_bytes": round(1000 * milliseconds),
        "sha256": "0",
        "latency": {"1": timed(milliseconds), "64": timed(10 * milliseconds)},
    }


def plant(path: Path, latencies: Mapping[int, float], **changes: Any) -> None:
    """Have points of a sweep measured, and its tables written anew."""
    directory, sweep = RunDirectory(path), read_sweep_file(path)
    records = directory.records()
    checkpoints = {one["point"]: one.get("weights_sha256", "0") for one in records}
    content = measurements(latencies, checkpoints, **changes)
    (path / MEASUREMENTS_FILE).write_text(json.dumps(content))
    directory.write_tables(sweep.config, records)
