"""How a run shows its progress, on stderr: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from paretocli.front.indicators import is_exact
from paretocli.options.config import SweepConfig
from paretocli.printable import printable
from paretocli.printing import say
from paretocli.run_directory.points import Record
from paretocli.sweeping.observers import Observer

MOST_COLUMNS = 3  # figures or weights in a line
SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress_observer(config: SweepConfig, *, quiet: bool) -> Iterator[Observer]:
    """An observer that fits where stderr goes."""
    if quiet:
        yield Silent()
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

    def points_there(self, points: Sequence[int]) -> None:
        """Nothing."""

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Nothing."""

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[Record], hypervolume: float | None
    ) -> None:
        """Nothing."""

    def point_finished(self, record: Record) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class Counter:
    """Counts epochs and points, over all shards, whatever their order.

    Attributes:
        epochs: Those that each point has done.
        finished: The points that have their record.
    """

    def __init__(self, config: SweepConfig) -> None:
        self.total = config.total_epochs
        self.points = len(config.weights)
        self.objectives = len(config.objectives)
        self.epochs = [0] * self.points
        self.finished: set[int] = set()

    def reached(self, points: Iterable[int], epoch: int) -> None:
        """Points have done so many epochs."""
        for point in points:
            self.epochs[point] = epoch

    def done(self, points: Iterable[int]) -> None:
        """Points have their record; one that diverged did not need all its epochs."""
        self.finished.update(points)
        self.reached(self.finished, self.total)


class Bars:
    """One bar over all epochs of all points."""

    def __init__(self, progress: Progress, config: SweepConfig) -> None:
        self.progress = progress
        self.counter = Counter(config)
        self.hypervolume = ""
        total = self.counter.points * self.counter.total
        self.bar = progress.add_task("starting", total=total, state="")

    def points_there(self, points: Sequence[int]) -> None:
        """Count what an earlier run did."""
        self.counter.done(points)
        self._show("points")

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Count what an earlier run did."""
        self.counter.reached(points, epoch)
        self._show(_points_text(points))

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[Record], hypervolume: float | None
    ) -> None:
        """Move the bar by an epoch of all the shard's points."""
        self.counter.reached(points, lines[0]["epoch"])
        self.hypervolume = _hypervolume_text(self.counter, hypervolume)
        self._show(f"{_points_text(points)}: epoch {lines[0]['epoch']}/{self.counter.total}")

    def point_finished(self, record: Record) -> None:
        """Leave a line above the bar."""
        self.counter.done([record["point"]])
        self._show("points")
        self.note(_point_text(record))

    def note(self, text: str) -> None:
        """Leave a line above the bar."""
        self.progress.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def _show(self, description: str) -> None:
        done = len(self.counter.finished)
        self.progress.update(
            self.bar,
            completed=sum(self.counter.epochs),
            description=description,
            state=f"{done}/{self.counter.points} points{self.hypervolume}",
        )


class Lines:
    """A plain line a finished point, and one an epoch now and then."""

    def __init__(self, config: SweepConfig) -> None:
        self.counter = Counter(config)
        self.last = time.monotonic()

    def points_there(self, points: Sequence[int]) -> None:
        """Count them."""
        self.counter.done(points)

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Say so."""
        self.counter.reached(points, epoch)
        self.note(f"{_points_text(points)}: going on after epoch {epoch}")

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[Record], hypervolume: float | None
    ) -> None:
        """A line, unless the last one was just now."""
        epoch, total = lines[0]["epoch"], self.counter.total
        self.counter.reached(points, epoch)
        if time.monotonic() - self.last < SECONDS_BETWEEN_LINES:
            return
        self.last = time.monotonic()
        share = sum(self.counter.epochs) / (self.counter.points * total)
        self.note(
            f"{_points_text(points)}: epoch {epoch}/{total}, {lines[0]['seconds']:.0f} s, "
            f"{100 * share:.0f} % of all{_hypervolume_text(self.counter, hypervolume)}"
        )

    def point_finished(self, record: Record) -> None:
        """A line."""
        self.counter.done([record["point"]])
        self.note(_point_text(record))

    def note(self, text: str) -> None:
        """A line."""
        say(text, err=True)


def _points_text(points: tuple[int, ...]) -> str:
    return f"point {points[0]}" if len(points) == 1 else f"points {points[0]}–{points[-1]}"


def _hypervolume_text(counter: Counter, hypervolume: float | None) -> str:
    if counter.points == 1 or hypervolume is None:  # that of a single point says little
        return ""
    about = "" if is_exact(counter.points, counter.objectives) else "about "
    return f", hypervolume {about}{hypervolume:.4g}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _mean(values: Iterable[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None


def _point_text(record: Record) -> str:
    start = f"point {record['point']}"
    if len(record["weights"]) <= MOST_COLUMNS:
        start += f" ({', '.join(f'{weight:.3g}' for weight in record['weights'])})"
    if record["status"] == "failed":
        return f"{start}: failed, {record['error']}"
    losses, metrics = record["loss"]["val"], record["metric"]["val"]
    figures = metrics if 0 < len(metrics) <= MOST_COLUMNS else losses
    if len(figures) > MOST_COLUMNS:
        figures = {"mean loss": _mean(figures.values())}
    text = ", ".join(
        f"{name.replace('_', ' ')} {_number(value)}" for name, value in figures.items()
    )
    return f"{start}: validation {text}"
