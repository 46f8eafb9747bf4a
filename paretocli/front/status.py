"""How far a sweep is: what its run directory says while it runs, or after."""

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paretocli.core.metric_names import Direction
from paretocli.errors import InputError
from paretocli.front.indicators import is_exact, share_of_box
from paretocli.front.predictions import Prediction, TypicalError, predictions, typical_errors
from paretocli.front.results import read_results
from paretocli.run_directory.box import read_normalisation
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.growing import Growing, read_growing
from paretocli.run_directory.history import HistoryLine, history_files, read_history_lines
from paretocli.run_directory.lock import in_use
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import read_records
from paretocli.run_directory.sweep_content import Identity
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file

Figures = dict[str, float | None]


@dataclass(frozen=True)
class PointStatus:
    """One point of a sweep.

    Attributes:
        point: Its number.
        state: done, failed, running, stopped (begun, but nobody is at it) or waiting.
        epoch: Epochs done.
        epochs: Those that it has in all; as many as it had, where it failed.
        seconds: Time spent on it so far; points that train together share theirs.
        loss: Its newest validation losses by objective, empty before its first epoch.
        metric: Its newest validation metrics by name.
        compact_parameters: Of the network as `export` writes it, None while nobody knows.
        compact_macs: Its multiply-accumulates for a sample.
        kept_epoch: The epoch of another point that it is, None where it trains itself.
        kept_of: That point.
    """

    point: int
    state: str
    epoch: int
    epochs: int
    seconds: float
    loss: Figures
    metric: Figures
    compact_parameters: int | None = None
    compact_macs: int | None = None
    kept_epoch: int | None = None
    kept_of: int | None = None


@dataclass(frozen=True)
class SweepStatus:
    """A whole sweep.

    Attributes:
        path: Its run directory.
        config: Its identity, as in `sweep.json`.
        directions: The better directions of the metrics, "higher" or "lower", where declared.
        holder: The process that is at it, empty where none is.
        points: All that are planned, in order.
        growing: Whether further ones may come; the number that there are to be at most is
            `points_at_most`, None where nobody knows.
        hypervolume: What the newest validation losses of all points reach, as a share of the box
            from the ideal to the reference point; None before the first epoch, and where one is
            better than the ideal.
        hypervolume_exact: Whether that is exact, and not approximated.
        seconds_left: Estimated from the time that epochs took; None where nothing is known,
            nobody is at it, or the points that start as one network are not all apart yet.
        predictions: Where points were expected to land, and where they did.
        typical_errors: By column, how far these are from each other.
        notes: What could not be read, a sentence each.
    """

    path: Path
    config: Identity
    directions: Mapping[str, Direction]
    holder: str
    points: tuple[PointStatus, ...]
    growing: bool
    points_at_most: int | None
    hypervolume: float | None
    hypervolume_exact: bool
    seconds_left: float | None
    predictions: tuple[Prediction, ...]
    typical_errors: Mapping[str, TypicalError]
    notes: tuple[str, ...]

    def count(self, state: str) -> int:
        """How many points are in a state."""
        return sum(point.state == state for point in self.points)

    @property
    def epochs_done(self) -> int:
        """Epochs of single points done so far; a failed point needs no more."""
        return sum(point.epoch for point in self.points)

    @property
    def epochs_in_all(self) -> int:
        """Epochs of all points together, of both phases."""
        return sum(point.epochs for point in self.points)


def read_status(path: Path) -> SweepStatus:
    """Read a run directory, which may change at the same time.

    Raises:
        InputError: It is no run directory.
    """
    sweep = read_sweep_file(path)
    holder = in_use(path)
    records = read_records(sweep)
    shards, notes = _history(sweep)
    trained_in = {point: shard for shard in shards for point in shard.newest}
    points = tuple(
        _point(sweep, point, records.found.get(point), trained_in.get(point), bool(holder))
        for point in range(sweep.points)
    )
    losses = [point.loss for point in points]
    hypervolume, more_notes = _hypervolume(sweep, points)
    growing = read_growing(path)
    expected = _predictions(sweep)
    status = SweepStatus(
        path=path,
        config=sweep.config,
        directions=sweep.directions,
        holder=holder,
        points=points,
        growing=growing is not None,
        points_at_most=_at_most(sweep, growing),
        hypervolume=hypervolume,
        hypervolume_exact=is_exact(sum(map(bool, losses)), max(map(len, losses), default=0)),
        seconds_left=None,
        predictions=tuple(expected),
        typical_errors=typical_errors(expected),
        notes=(*records.notes, *notes, *more_notes),
    )
    if not holder:
        return status
    return _with_time_left(status, shards, sweep)


def _at_most(sweep: SweepFile, growing: Growing | None) -> int | None:
    """How many points there are to be; kept epochs, of which nobody knows, as far as they are."""
    most = growing["points"] if growing else None
    return None if most is None else max(most, len(sweep.own)) + len(sweep.kept)


@dataclass(frozen=True)
class _Shard:
    """Points that train together.

    Attributes:
        newest: The newest line of each of them.
        seconds: Time spent.
        subproblem_epochs: Epochs of single networks spent.
        networks: How many were trained in the last epoch; fewer than points before they branch.
    """

    newest: dict[int, HistoryLine]
    seconds: float
    subproblem_epochs: int
    networks: int


def _history(sweep: SweepFile) -> tuple[list[_Shard], list[str]]:
    """All shards that have an epoch, and what could not be read."""
    found, notes = [], []
    for file, points in history_files(sweep).items():
        try:
            # The last one may be half written at this moment.
            lines = [line for line in read_history_lines(sweep, file, points) if line is not None]
        except FileNotFoundError:
            continue
        except (DamagedError, InputError) as error:
            notes.append(f"{str(error).removesuffix('.')}, and is left out.")
            continue
        if not lines:
            continue
        last = lines[-1]
        before = [0, *(e["subproblem_epochs"] for e in lines if e["epoch"] < last["epoch"])][-1]
        spent = last["subproblem_epochs"]
        newest = {line["point"]: line for line in lines}
        found.append(_Shard(newest, last["seconds"], spent, spent - before))
    return found, notes


def _point(
    sweep: SweepFile, point: int, record: PointRecord | None, shard: _Shard | None, held: bool
) -> PointStatus:
    if record is not None:
        return PointStatus(
            point,
            record["status"],
            record["epochs"],
            record["epochs"],
            float(record["seconds"]),
            record.get("loss", {}).get("val", {}),
            record.get("metric", {}).get("val", {}),
            record.get("compact_parameters"),
            record.get("compact_macs"),
            record.get("kept_epoch"),
            sweep.kept.get(point),
        )
    epochs = sweep.epochs_of(sweep.round_of(point))
    if shard is None:
        return PointStatus(point, "waiting", 0, epochs, 0.0, {}, {})
    line, sharing = shard.newest[point], len(shard.newest)
    state = "running" if held else "stopped"
    seconds = line["seconds"] / sharing
    return PointStatus(
        point, state, line["epoch"], epochs, seconds, line["loss"]["val"], line["metric"]["val"]
    )


def _predictions(sweep: SweepFile) -> list[Prediction]:
    """What was expected, beside what there is: no table before a point is solved."""
    if not any(any(one.expected) for one in sweep.rounds):
        return []
    with suppress(InputError):
        return predictions(sweep, read_results(sweep.path))
    return predictions(sweep, None)


def _hypervolume(
    sweep: SweepFile, points: tuple[PointStatus, ...]
) -> tuple[float | None, list[str]]:
    """What all points reach, None where that is not known; and what could not be read."""
    try:
        box = read_normalisation(sweep)
    except (DamagedError, InputError) as error:
        return None, [f"{str(error).removesuffix('.')}; the sweep's command works it out anew."]
    objectives = sweep.config["objectives"]
    rows = [
        [np.nan if p.loss[name] is None else p.loss[name] for name in objectives]
        for p in points
        if p.loss
    ]
    if box is None or not rows:
        return None, []
    losses, ideal = np.array(rows, dtype=float), np.array(box["ideal"])
    share = share_of_box(losses, ideal, box["reference_point"])
    if not np.isnan(share):
        return share, []
    (below,) = np.nonzero((losses < ideal).any(axis=0))
    names = " and ".join(objectives[place] for place in below)
    return None, [f"There is no hypervolume: the loss of {names} fell below its ideal."]


def _with_time_left(status: SweepStatus, shards: list[_Shard], sweep: SweepFile) -> SweepStatus:
    """Add an estimate: the mean time of a network's epoch, for those that are left, side by side.

    None before a population branches: how a larger one will fare is not known yet; and while
    further points may come.
    """
    if status.growing:
        return status
    seconds = sum(shard.seconds for shard in shards)
    if not seconds or any(shard.networks < len(shard.newest) for shard in shards):
        return status
    each = seconds / max(1, sum(shard.subproblem_epochs for shard in shards))
    stack, jobs = sweep.setting("stack"), sweep.runtime.get("jobs", 1)
    seconds_left = 0.0
    for number in range(len(sweep.rounds) + 1):  # one after another
        unfinished = [
            p
            for p in status.points
            if p.state not in ("done", "failed") and sweep.round_of(p.point) == number
        ]
        left = sum(p.epochs - p.epoch for p in unfinished)
        workers = max(1, min(jobs, -(-len(unfinished) // stack)))
        seconds_left += each * left / workers
    return dataclasses.replace(status, seconds_left=seconds_left)
