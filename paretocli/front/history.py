"""Read how a sweep converged: its hypervolume after each epoch, and what that has cost."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from paretocli.core.splits import HELD_OUT, Split
from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.distribution import fill_distance
from paretocli.front.dominance import non_dominated
from paretocli.front.run_files import RunFiles, run_files_of
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.history import (
    HistoryLine,
    history_files,
    losses_on,
    read_history_lines,
)
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import read_records
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file

Array = npt.NDArray[np.float64]

MOST_LOST = 100  # times as many epochs as the history still has; of more, there is no picture


@dataclass(frozen=True, eq=False)
class History(RunFiles):
    """The epochs of one sweep; those of a later round follow on from those of the rounds before.

    A point has no losses before its round begins, and keeps its last ones when it is over. A shard
    may end early, because its points stand still or have all diverged: from then on what it has
    spent stays what it was, and the losses of diverged points are NaN.

    Attributes:
        losses: By split, (E, K, m): all points that train, after each epoch that all shards have
            reached, but those that ended early. Kept epochs are no points here.
        known: (E,), whether the history has all lines of the epoch; some may be lost.
        subproblem_epochs: Epochs of single networks spent until then (E,).
        seconds: Time spent until then (E,), in shards one after another.
        notes: What could not be read, a sentence each.
    """

    losses: dict[str, Array]
    known: npt.NDArray[np.bool_]
    subproblem_epochs: Array
    seconds: Array
    notes: tuple[str, ...]

    def hypervolume(self, split: str, box: Box, *, exact: bool | None = None) -> Array:
        """The share of a box that the points dominate after each epoch (E,), NaN if not known.

        Args:
            split: Of the losses.
            box: What is measured in.
            exact: As for `paretocli.front.indicators.hypervolume`.
        """
        shares = [
            box.share(losses, exact=exact) if known else np.nan
            for losses, known in zip(self.losses[split], self.known, strict=True)
        ]
        return np.array(shares)

    def fill_distance(self, split: str, box: Box, whole: Array) -> Array:
        """The largest hole after each epoch (E,), NaN if not known or no point is finite.

        Args:
            split: Of the losses.
            box: What distances are measured in.
            whole: The points (R, m) that a front is held against.
        """
        reference, holes = box.scaled(whole), []
        for losses, known in zip(self.losses[split], self.known, strict=True):
            points = losses[np.isfinite(losses).all(axis=1)]
            front = points[non_dominated(points)] if known and len(points) else points[:0]
            holes.append(fill_distance(box.scaled(front), reference))
        return np.array(holes)


@dataclass(frozen=True)
class _Shard:
    """Points that train together.

    Attributes:
        lines: Those of their history that can be read.
        points: Their numbers.
        round: The number of their round.
        before: Epochs of the rounds before it.
        last: Their last epoch.
        over: Whether all of them are solved or have diverged.
    """

    lines: list[HistoryLine]
    points: tuple[int, ...]
    round: int
    before: int
    last: int
    over: bool

    @property
    def end(self) -> int:
        """The sweep's epoch that their last one is."""
        return self.before + self.last

    def lost(self, epochs: int) -> set[int]:
        """The epochs, of so many of the sweep, in which a point has no line."""
        own = range(1, min(epochs - self.before, self.last) + 1)
        return {self.before + epoch for epoch in own if epoch not in self.known}

    @cached_property
    def known(self) -> set[int]:
        """Its epochs in which all points have lines."""
        return _complete(self.lines, self.points)


def read_history(path: Path) -> History:
    """Read a run directory.

    Raises:
        InputError: It is no run directory, not of the form that this program writes, or not all of
            its points have an epoch yet.
    """
    if not path.is_dir():
        raise InputError(f"{path} is not a directory; --history needs run directories of sweeps.")
    sweep = read_sweep_file(path)
    records = read_records(sweep)
    shards, notes = _shards(sweep, records.found)
    _refuse_missing(sweep, shards, records.found)
    epochs = _common_epochs(shards)
    # Anybody may have written how many there are: of so many more, nothing is made.
    if any(min(epochs - s.before, s.last) > MOST_LOST * max(1, len(s.known)) for s in shards):
        raise InputError(
            f"The history of {path} lacks nearly all of its {epochs:,} epochs; leave {path} out."
        )
    lost = set().union(*(shard.lost(epochs) for shard in shards))
    if len(lost) == epochs:
        raise InputError(f"The history of {path} has no epoch of all points; leave {path} out.")
    if lost:
        notes.append(
            f"{len(lost)} of {epochs} epochs of {path} are left out: lines of its history are lost."
        )
    run = run_files_of(sweep)
    failed = {p for p, record in records.found.items() if record["status"] == "failed"}
    return History(
        path=path,
        config=run.config,
        checksums=run.checksums,
        box=run.box,
        losses={split: _losses(shards, sweep, split, epochs, failed) for split in HELD_OUT},
        known=np.array([epoch not in lost for epoch in range(1, epochs + 1)]),
        subproblem_epochs=_summed(shards, "subproblem_epochs", epochs),
        seconds=_summed(shards, "seconds", epochs),
        notes=(*records.notes, *notes),
    )


def _shards(sweep: SweepFile, records: Mapping[int, PointRecord]) -> tuple[list[_Shard], list[str]]:
    """All shards that have an epoch, and what could not be read."""
    shards: list[_Shard] = []
    notes: list[str] = []
    before = dict.fromkeys(range(len(sweep.rounds) + 1), 0)  # a round's longest shard counts
    for file, points in sorted(
        history_files(sweep).items(), key=lambda item: sweep.round_of(item[1][0])
    ):
        try:
            lines = list(read_history_lines(sweep, file, points))
        except (DamagedError, InputError, FileNotFoundError) as error:
            notes.append(f"{str(error).removesuffix('.')}, and is left out.")
            continue
        found = [line for line in lines if line is not None]
        if len(found) < len(lines):
            notes.append(
                f"{len(lines) - len(found)} of {len(lines)} lines of {file} are damaged, and are "
                "left out."
            )
        last = _last_epoch(sweep, found, points, records)
        if last:
            number = sweep.round_of(points[0])
            over = all(point in records for point in points)
            shards.append(_Shard(found, points, number, before[number], last, over))
            for later in range(number + 1, len(sweep.rounds) + 1):
                before[later] = max(before[later], shards[-1].end)
    return shards, notes


def _last_epoch(
    sweep: SweepFile,
    lines: Iterable[HistoryLine],
    points: Sequence[int],
    records: Mapping[int, PointRecord],
) -> int:
    """The last epoch of a shard: where it may have ended early, the last with all lines."""
    recorded = [records[point]["status"] for point in points if point in records]
    patient = sweep.config.get("patience", 0)
    if len(recorded) == len(points) and "done" in recorded and not patient:
        return sweep.epochs_of(sweep.round_of(points[0]))
    return max(_complete(lines, points), default=0)


def _complete(lines: Iterable[HistoryLine], points: Sequence[int]) -> set[int]:
    """The epochs in which all points have a line."""
    there = Counter(epoch for epoch, _ in {(line["epoch"], line["point"]) for line in lines})
    return {epoch for epoch, count in there.items() if count == len(points)}


def _refuse_missing(sweep: SweepFile, shards: Sequence[_Shard], recorded: Iterable[int]) -> None:
    """Refuse points without an epoch: those of a sweep that goes on, and those that were lost."""
    missing = set(sweep.own) - {line["point"] for s in shards for line in s.lines}
    lost = missing & set(recorded)
    if lost:
        raise InputError(
            f"{sweep.path} has no history of {len(lost)} of its {sweep.points} points any more; "
            f"leave {sweep.path} out."
        )
    if missing:
        raise InputError(
            f"{sweep.path} is not finished: {len(missing)} of {sweep.points} points have no epoch "
            "yet; finish the sweep first, with the same command."
        )


def _common_epochs(shards: Sequence[_Shard]) -> int:
    """The epochs that all shards have reached; those that are over may have ended early."""
    # A round begins when those before it are over.
    newest = max(shard.round for shard in shards)
    present = [shard for shard in shards if shard.round == newest]
    going_on = [shard.end for shard in present if not shard.over]
    return min(going_on) if going_on else max(shard.end for shard in present)


def _losses(
    shards: Sequence[_Shard],
    sweep: SweepFile,
    split: Split,
    epochs: int,
    failed: Collection[int],
) -> Array:
    objectives = sweep.config["objectives"]
    losses = np.full((epochs, sweep.points, len(objectives)), np.nan)
    newest = max(shard.round for shard in shards)
    for shard in shards:
        for line in shard.lines:
            epoch = shard.before + line["epoch"]
            if epoch <= epochs:
                row = [np.nan if v is None else v for v in losses_on(line, split, objectives)]
                # It stays what it was at its end, unless it failed.
                ended = line["epoch"] == shard.last and (shard.over or shard.round < newest)
                until = epochs if ended and line["point"] not in failed else epoch
                losses[epoch - 1 : until, line["point"]] = row
    return losses[:, sweep.own]


def _summed(
    shards: Sequence[_Shard], key: Literal["seconds", "subproblem_epochs"], epochs: int
) -> Array:
    """A running figure of the shards after each epoch (E,), summed over them."""
    total = np.zeros(epochs)
    for shard in shards:
        # Of an epoch that is lost, what the one before it had.
        spent = dict[int, float]()
        for line in reversed(shard.lines):
            spent[shard.before + line["epoch"]] = line[key]
        now = 0.0
        for epoch in range(1, epochs + 1):
            now = spent.get(epoch, now)
            total[epoch - 1] += now
    return total
