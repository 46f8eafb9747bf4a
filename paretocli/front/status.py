"""How far a sweep is: what its run directory says while it runs, or after."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.indicators import is_exact, share_of_box
from paretocli.front.sizes import COMPACT
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
        compact_parameters: Of the network as `export` writes it, None while nobody knows.
        compact_macs: Its multiply-accumulates for a sample.
    """

    point: int
    state: str
    epoch: int
    seconds: float
    loss: Json
    metric: Json
    compact_parameters: int | None = None
    compact_macs: int | None = None


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
        hypervolume_exact: Whether that is exact, and not approximated.
        seconds_left: Estimated from the time that epochs took; None where nothing is known,
            nobody is at it, or the points that start as one network are not all apart yet.
    """

    path: Path
    config: Json
    holder: str
    epochs: int
    points: tuple[PointStatus, ...]
    hypervolume: float | None
    hypervolume_exact: bool
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
    shards = _history(path)
    trained_in = {point: shard for shard in shards for point in shard.newest}
    points = tuple(
        _point(point, done.get(point), trained_in.get(point), bool(holder))
        for point in range(len(config["weights"]))
    )
    epochs = config["epochs"] + config["retrain_epochs"]
    losses = [point.loss for point in points]
    status = SweepStatus(
        path,
        config,
        holder,
        epochs,
        points,
        _hypervolume(path, points),
        is_exact(sum(map(bool, losses)), max(map(len, losses), default=0)),
        seconds_left=None,
    )
    if not holder:
        return status
    return _with_time_left(status, shards, sweep["runtime"].get("jobs", 1))


@dataclass(frozen=True)
class _Shard:
    """Points that train together.

    Attributes:
        newest: The newest line of each of them.
        seconds: Time spent.
        subproblem_epochs: Epochs of single networks spent.
        networks: How many were trained in the last epoch; fewer than points before they branch.
    """

    newest: dict[int, Json]
    seconds: float
    subproblem_epochs: int
    networks: int


def _history(path: Path) -> list[_Shard]:
    """All shards that have an epoch."""
    found = []
    for file in sorted((path / "history").glob("*.jsonl")):
        lines = list(_lines(file))
        if not lines:
            continue
        last = lines[-1]
        before = [0, *(e["subproblem_epochs"] for e in lines if e["epoch"] < last["epoch"])][-1]
        spent = last["subproblem_epochs"]
        newest = {line["point"]: line for line in lines}
        found.append(_Shard(newest, last["seconds"], spent, spent - before))
    return found


def _lines(file: Path) -> Iterator[Json]:
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
            if {"point", "epoch", "seconds", "loss", "metric", "subproblem_epochs"} <= set(line):
                yield line
        except (ValueError, TypeError):
            continue  # the last one may be half written at this moment


def _point(point: int, record: Json | None, shard: _Shard | None, held: bool) -> PointStatus:
    if record is not None:
        known = {kind: record.get(kind, {}).get("val", {}) for kind in ("loss", "metric")}
        known |= {name: record.get(name) for name in COMPACT}
        return PointStatus(
            point, record["status"], record["epochs"], float(record["seconds"]), **known
        )
    if shard is None:
        return PointStatus(point, "waiting", 0, 0.0, {}, {})
    line, sharing = shard.newest[point], len(shard.newest)
    state = "running" if held else "stopped"
    known = {kind: line[kind]["val"] for kind in ("loss", "metric")}
    return PointStatus(point, state, line["epoch"], line["seconds"] / sharing, **known)


def _hypervolume(path: Path, points: tuple[PointStatus, ...]) -> float | None:
    note = _json(path / "normalisation.json")
    rows = [[np.nan if v is None else v for v in p.loss.values()] for p in points if p.loss]
    if note is None or not rows:
        return None
    return share_of_box(np.array(rows, dtype=float), note["ideal"], note["reference_point"])


def _with_time_left(status: SweepStatus, shards: list[_Shard], jobs: int) -> SweepStatus:
    """Add an estimate: the mean time of a network's epoch, for those that are left, side by side.

    None before a population branches: how a larger one will fare is not known yet.
    """
    seconds = sum(shard.seconds for shard in shards)
    if not seconds or any(shard.networks < len(shard.newest) for shard in shards):
        return status
    each = seconds / sum(shard.subproblem_epochs for shard in shards)
    left = status.epochs * len(status.points) - status.epochs_done
    unfinished = [p.point for p in status.points if p.state not in ("done", "failed")]
    shards_left = {point // status.config["stack"] for point in unfinished}
    workers = max(1, min(jobs, len(shards_left)))
    return dataclasses.replace(status, seconds_left=each * left / workers)


def _json(path: Path) -> Json | None:
    """A JSON object, None where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
