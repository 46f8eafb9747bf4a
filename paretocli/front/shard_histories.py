"""The lines of a run directory's history, by the points that train together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from paretocli.core.splits import Split
from paretocli.errors import InputError
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.history import HistoryLine, history_files, read_history_lines
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.sweep_file import SweepFile


@dataclass(frozen=True)
class ShardHistory:
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

    def measured(self, split: Split, epochs: int) -> set[int]:
        """The epochs, of so many of the sweep, of which its losses on a split are known.

        Before its first epoch it has none, and after its last those of that one.
        """
        lines = (line for line in self.lines if split in line["loss"])
        own = _complete(lines, self.points)
        there = {self.before + epoch for epoch in own} | set(range(1, self.before + 1))
        return there | set(range(self.end + 1, epochs + 1) if self.last in own else ())


def read_shards(
    sweep: SweepFile, records: Mapping[int, PointRecord]
) -> tuple[list[ShardHistory], list[str]]:
    """All shards that have an epoch, and what could not be read, a sentence each.

    Args:
        sweep: The sweep.
        records: Those of its points, by number.
    """
    shards: list[ShardHistory] = []
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
            shards.append(ShardHistory(found, points, number, before[number], last, over))
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
