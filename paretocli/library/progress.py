"""How a run shows its progress: bars on a terminal or in a notebook, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from paretocli.library.counting import Counter, hypervolume_text, point_text, points_text
from paretocli.library.notebook import Notebook, in_notebook
from paretocli.options.config import SweepConfig
from paretocli.printable import printable
from paretocli.printing import say
from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.point_record import PointRecord
from paretocli.sweeping.observers import Observer

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress_observer(config: SweepConfig, *, quiet: bool) -> Iterator[Observer]:
    """An observer that fits where stderr goes."""
    if quiet:
        yield Silent()
    elif in_notebook():
        yield Notebook(config)
    elif sys.stderr.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield Bars(progress, config)
    else:
        yield Lines(config)


class Silent:
    """Says nothing."""

    def points_planned(self, points: Sequence[int], epochs: int) -> None:
        """Nothing."""

    def points_there(self, points: Sequence[int]) -> None:
        """Nothing."""

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Nothing."""

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[HistoryLine], hypervolume: float | None
    ) -> None:
        """Nothing."""

    def point_finished(self, record: PointRecord) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class Bars:
    """One bar over all epochs of all points."""

    def __init__(self, progress: Progress, config: SweepConfig) -> None:
        self.progress = progress
        self.counter = Counter(config)
        self.hypervolume = ""
        self.bar = progress.add_task("starting", total=None, state="")

    def points_planned(self, points: Sequence[int], epochs: int) -> None:
        """Make the bar longer."""
        self.counter.plan(points, epochs)
        self.progress.update(self.bar, total=self.counter.epochs_planned)

    def points_there(self, points: Sequence[int]) -> None:
        """Count what an earlier run did."""
        self.counter.done(points)
        self._show("points")

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Count what an earlier run did."""
        self.counter.reached(points, epoch)
        self._show(points_text(points))

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[HistoryLine], hypervolume: float | None
    ) -> None:
        """Move the bar by an epoch of all the shard's points."""
        self.counter.reached(points, lines[0]["epoch"])
        self.hypervolume = hypervolume_text(self.counter, hypervolume)
        self._show(
            f"{points_text(points)}: epoch {lines[0]['epoch']}/{self.counter.planned[points[0]]}"
        )

    def point_finished(self, record: PointRecord) -> None:
        """Leave a line above the bar."""
        self.counter.done([record["point"]])
        self._show("points")
        self.note(point_text(record))

    def note(self, text: str) -> None:
        """Leave a line above the bar."""
        self.progress.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def _show(self, description: str) -> None:
        done = len(self.counter.finished)
        self.progress.update(
            self.bar,
            completed=self.counter.epochs_done,
            description=description,
            state=f"{done}/{self.counter.points} points{self.hypervolume}",
        )


class Lines:
    """A plain line a finished point, and one an epoch now and then."""

    def __init__(self, config: SweepConfig) -> None:
        self.counter = Counter(config)
        self.last = time.monotonic()

    def points_planned(self, points: Sequence[int], epochs: int) -> None:
        """Count them."""
        self.counter.plan(points, epochs)

    def points_there(self, points: Sequence[int]) -> None:
        """Count them."""
        self.counter.done(points)

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Say so."""
        self.counter.reached(points, epoch)
        self.note(f"{points_text(points)}: going on after epoch {epoch}")

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[HistoryLine], hypervolume: float | None
    ) -> None:
        """A line, unless the last one was just now."""
        epoch, total = lines[0]["epoch"], self.counter.planned[points[0]]
        self.counter.reached(points, epoch)
        if time.monotonic() - self.last < SECONDS_BETWEEN_LINES:
            return
        self.last = time.monotonic()
        share = self.counter.epochs_done / self.counter.epochs_planned
        self.note(
            f"{points_text(points)}: epoch {epoch}/{total}, {lines[0]['seconds']:.0f} s, "
            f"{100 * share:.0f} % of all{hypervolume_text(self.counter, hypervolume)}"
        )

    def point_finished(self, record: PointRecord) -> None:
        """A line."""
        self.counter.done([record["point"]])
        self.note(point_text(record))

    def note(self, text: str) -> None:
        """A line."""
        say(text, err=True)
