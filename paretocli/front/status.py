"""How far a sweep is: what its run directory says while it runs, or after."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.indicators import share_of_box
from paretocli.lock import in_use

Json = dict[str, Any]


@dataclass(frozen=True)
class PointStatus:
    """One point of a sweep.

    Attributes:
        point: Its number.
        state: done, failed, running, stopped (begun, but nobody is at it) or waiting.
        epoch: Epochs done.
        seconds: Time spent on it so far; points that train together share theirs.
        loss: Its newest validation losses by objective, empty before its first epoch.
        metric: Its newest validation metrics by name.
    """

    point: int
    state: str
    epoch: int
    seconds: float
    loss: Json
    metric: Json


@dataclass(frozen=True)
class SweepStatus:
    """A whole sweep.

    Attributes:
        path: Its run directory.
        config: Its identity, as in `sweep.json`.
        holder: The process that is at it, empty where none is.
        epochs: Epochs of each point, of both phases.
        points: All of them, in order.
        hypervolume: What the newest validation losses of all points reach, as a share of the box
            from the ideal to the reference point; None before the first epoch.
        seconds_left: Estimated from the time that epochs took; None where nothing is known or
            nobody is at it.
    """

    path: Path
    config: Json
    holder: str
    epochs: int
    points: tuple[PointStatus, ...]
    hypervolume: float | None
    seconds_left: float | None

    def count(self, state: str) -> int:
        """How many points are in a state."""
        return sum(point.state == state for point in self.points)

    @property
    def epochs_done(self) -> int:
        """Epochs of single points done so far; a failed point needs no more."""
        done = {"done", "failed"}
        return sum(self.epochs if p.state in done else p.epoch for p in self.points)


def read_status(path: Path) -> SweepStatus:
    """Read a run directory, which may change at the same time.

    Raises:
        InputError: It is no run directory.
    """
    sweep = _json(path / "sweep.json")
    if sweep is None or "config" not in sweep:
        raise InputError(f"{path} holds no readable sweep.json; give the run directory of a sweep.")
    config = sweep["config"]
    holder = in_use(path)
    records = [_json(file) for file in sorted((path / "points").glob("[0-9]*.json"))]
    done = {record["point"]: record for record in records if record is not None}
    newest, sharing = _history(path)
    points = tuple(
        _point(point, done.get(point), newest.get(point), sharing.get(point, 1), bool(holder))
        for point in range(len(config["weights"]))
    )
    epochs = config["epochs"] + config["retrain_epochs"]
    status = SweepStatus(
        path, config, holder, epochs, points, _hypervolume(path, points), seconds_left=None
    )
    return status if not holder else _with_time_left(status, sweep["runtime"].get("jobs", 1))


def _history(path: Path) -> tuple[dict[int, Json], dict[int, int]]:
    """The newest line of each point, and how many points train together with it."""
    newest: dict[int, Json] = {}
    sharing: dict[int, int] = {}
    for file in sorted((path / "history").glob("*.jsonl")):
        lines = {line["point"]: line for line in _lines(file)}
        newest |= lines
        sharing |= dict.fromkeys(lines, len(lines))
    return newest, sharing


def _lines(file: Path) -> Iterator[Json]:
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
            if {"point", "epoch", "seconds", "loss", "metric"} <= set(line):
                yield line
        except (ValueError, TypeError):
            continue  # the last one may be half written at this moment


def _point(
    point: int, record: Json | None, line: Json | None, sharing: int, held: bool
) -> PointStatus:
    if record is not None:
        known = {kind: record.get(kind, {}).get("val", {}) for kind in ("loss", "metric")}
        return PointStatus(
            point, record["status"], record["epochs"], float(record["seconds"]), **known
        )
    if line is None:
        return PointStatus(point, "waiting", 0, 0.0, {}, {})
    state = "running" if held else "stopped"
    known = {kind: line[kind]["val"] for kind in ("loss", "metric")}
    return PointStatus(point, state, line["epoch"], line["seconds"] / sharing, **known)


def _hypervolume(path: Path, points: tuple[PointStatus, ...]) -> float | None:
    note = _json(path / "normalisation.json")
    rows = [[np.nan if v is None else v for v in p.loss.values()] for p in points if p.loss]
    if note is None or not rows:
        return None
    return share_of_box(np.array(rows, dtype=float), note["ideal"], note["reference_point"])


def _with_time_left(status: SweepStatus, jobs: int) -> SweepStatus:
    """Add an estimate: the mean time of an epoch, for those that are left, side by side."""
    known = [point for point in status.points if point.epoch and point.seconds > 0]
    if not known:
        return status
    each = sum(point.seconds for point in known) / sum(point.epoch for point in known)
    left = status.epochs * len(status.points) - status.epochs_done
    seconds = each * left / max(1, jobs)
    values = {name: getattr(status, name) for name in status.__dataclass_fields__}
    return SweepStatus(**values | {"seconds_left": seconds if math.isfinite(seconds) else None})


def _json(path: Path) -> Json | None:
    """A JSON object, None where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
