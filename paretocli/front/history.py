"""Read how a sweep converged: its hypervolume after each epoch, and what that has cost."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
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
from paretocli.front.shard_histories import ShardHistory, read_shards
from paretocli.run_directory.history import losses_on
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
        known: By split, (E,), whether the history has all figures of the epoch: lines may be lost,
            and the test split is not measured after every epoch.
        subproblem_epochs: Epochs of single networks spent until then (E,).
        seconds: Time spent until then (E,), in shards one after another.
        notes: What could not be read, a sentence each.
    """

    losses: dict[str, Array]
    known: dict[str, npt.NDArray[np.bool_]]
    subproblem_epochs: Array
    seconds: Array
    notes: tuple[str, ...]

    def is_sparse(self, split: str) -> bool:
        """Whether a split was not measured after every epoch."""
        return split == "test" and self.config.get("evaluate_every") != 1

    def hypervolume(self, split: str, box: Box, *, exact: bool | None = None) -> Array:
        """The share of a box that the points dominate after each epoch (E,), NaN if not known.

        Args:
            split: Of the losses.
            box: What is measured in.
            exact: As for `paretocli.front.indicators.hypervolume`.
        """
        shares = [
            box.share(losses, exact=exact) if known else np.nan
            for losses, known in zip(self.losses[split], self.known[split], strict=True)
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
        for losses, known in zip(self.losses[split], self.known[split], strict=True):
            points = losses[np.isfinite(losses).all(axis=1)]
            front = points[non_dominated(points)] if known and len(points) else points[:0]
            holes.append(fill_distance(box.scaled(front), reference))
        return np.array(holes)


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
    shards, notes = read_shards(sweep, records.found)
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
        known={split: _known(shards, split, epochs, lost) for split in HELD_OUT},
        subproblem_epochs=_summed(shards, "subproblem_epochs", epochs),
        seconds=_summed(shards, "seconds", epochs),
        notes=(*records.notes, *notes),
    )


def _refuse_missing(
    sweep: SweepFile, shards: Sequence[ShardHistory], recorded: Iterable[int]
) -> None:
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


def _common_epochs(shards: Sequence[ShardHistory]) -> int:
    """The epochs that all shards have reached; those that are over may have ended early."""
    # A round begins when those before it are over.
    newest = max(shard.round for shard in shards)
    present = [shard for shard in shards if shard.round == newest]
    going_on = [shard.end for shard in present if not shard.over]
    return min(going_on) if going_on else max(shard.end for shard in present)


def _known(
    shards: Sequence[ShardHistory], split: Split, epochs: int, lost: Collection[int]
) -> npt.NDArray[np.bool_]:
    """Of which epochs all shards' losses on a split are known (E,)."""
    numbers = range(1, epochs + 1)
    measured = [shard.measured(split, epochs) for shard in shards]
    return np.array([e not in lost and all(e in each for each in measured) for e in numbers])


def _losses(
    shards: Sequence[ShardHistory],
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
                found = losses_on(line, split, objectives)
                if found is None:
                    continue
                row = [np.nan if value is None else value for value in found]
                # It stays what it was at its end, unless it failed.
                ended = line["epoch"] == shard.last and (shard.over or shard.round < newest)
                until = epochs if ended and line["point"] not in failed else epoch
                losses[epoch - 1 : until, line["point"]] = row
    return losses[:, sweep.own]


def _summed(
    shards: Sequence[ShardHistory], key: Literal["seconds", "subproblem_epochs"], epochs: int
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
