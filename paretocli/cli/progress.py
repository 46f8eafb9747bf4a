"""How a run shows its progress, on stderr: bars on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from paretocli.cli.tables import MOST_COLUMNS
from paretocli.config import SweepConfig
from paretocli.sweep.records import Record
from paretocli.sweep.run import Observer
from paretocli.training.reports import EpochReport

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

    def shard_started(self, points: tuple[int, ...], epoch: int) -> None:
        """Nothing."""

    def epoch_finished(
        self, points: tuple[int, ...], report: EpochReport, hypervolume: float
    ) -> None:
        """Nothing."""

    def point_finished(self, record: Record) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""


class Bars:
    """One bar over all epochs of all points."""

    def __init__(self, progress: Progress, config: SweepConfig) -> None:
        self.progress = progress
        self.epochs = config.total_epochs
        self.points = len(config.weights)
        self.finished = 0
        self.bar: TaskID | None = None

    def shard_started(self, points: tuple[int, ...], epoch: int) -> None:
        """Count what earlier shards and runs did already."""
        if self.bar is None:
            # Shards run in order, so all points before this one are there.
            self.finished = points[0]
            total = self.points * self.epochs
            self.bar = self.progress.add_task(
                "starting", total=total, completed=points[0] * self.epochs, state=""
            )
        self.progress.update(self.bar, completed=points[0] * self.epochs + len(points) * epoch)

    def epoch_finished(
        self, points: tuple[int, ...], report: EpochReport, hypervolume: float
    ) -> None:
        """Move the bar by an epoch of all the shard's points."""
        assert self.bar is not None
        self.progress.update(
            self.bar,
            completed=points[0] * self.epochs + len(points) * report.epoch,
            description=_points_text(points),
            state=f"epoch {report.epoch}/{self.epochs}, {self.finished}/{self.points} points"
            f"{_hypervolume_text(points, hypervolume)}",
        )

    def point_finished(self, record: Record) -> None:
        """Leave a line above the bar."""
        self.finished += 1
        self.note(_point_text(record))

    def note(self, text: str) -> None:
        """Leave a line above the bar."""
        self.progress.console.print(text, highlight=False, soft_wrap=True)


class Lines:
    """A plain line a finished point, and one an epoch now and then."""

    def __init__(self, config: SweepConfig) -> None:
        self.epochs = config.total_epochs
        self.last = time.monotonic()

    def shard_started(self, points: tuple[int, ...], epoch: int) -> None:
        """Say so where a run goes on."""
        if epoch:
            typer.echo(f"{_points_text(points)}: going on after epoch {epoch}", err=True)

    def epoch_finished(
        self, points: tuple[int, ...], report: EpochReport, hypervolume: float
    ) -> None:
        """A line, unless the last one was just now."""
        if time.monotonic() - self.last < SECONDS_BETWEEN_LINES:
            return
        self.last = time.monotonic()
        typer.echo(
            f"{_points_text(points)}: epoch {report.epoch}/{self.epochs}, {report.seconds:.0f} s"
            f"{_hypervolume_text(points, hypervolume)}",
            err=True,
        )

    def point_finished(self, record: Record) -> None:
        """A line."""
        self.note(_point_text(record))

    def note(self, text: str) -> None:
        """A line."""
        typer.echo(text, err=True)


def _points_text(points: tuple[int, ...]) -> str:
    return f"point {points[0]}" if len(points) == 1 else f"points {points[0]}–{points[-1]}"


def _hypervolume_text(points: tuple[int, ...], hypervolume: float) -> str:
    # That of a single point says little.
    return f", hypervolume {hypervolume:.4f}" if len(points) > 1 else ""


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
