"""How far a run is, over all its shards, and how that is said in a line."""

from collections.abc import Iterable

from paretocli.front.indicators import is_exact
from paretocli.options.config import SweepConfig
from paretocli.run_directory.point_record import PointRecord

MOST_FIGURES = 6  # or weights, in a line


class Counter:
    """Counts epochs and points, over all shards, whatever their order.

    Attributes:
        planned: The epochs that each point is to have; points may be added.
        epochs: Those that each has done.
        finished: The points that have their record.
    """

    def __init__(self, config: SweepConfig) -> None:
        self.objectives = len(config.objectives)
        self.planned: dict[int, int] = {}
        self.epochs: dict[int, int] = {}
        self.finished: set[int] = set()

    @property
    def points(self) -> int:
        """How many points there are to be."""
        return len(self.planned)

    @property
    def epochs_done(self) -> int:
        """Epochs of single points done so far."""
        return sum(self.epochs.values())

    @property
    def epochs_planned(self) -> int:
        """Epochs of single points that there are to be."""
        return sum(self.planned.values())

    def plan(self, points: Iterable[int], epochs: int) -> None:
        """Points are to have so many epochs."""
        self.planned |= dict.fromkeys(points, epochs)

    def reached(self, points: Iterable[int], epoch: int) -> None:
        """Points have done so many epochs."""
        for point in points:
            self.epochs[point] = epoch

    def done(self, points: Iterable[int]) -> None:
        """Points have their record; one that diverged did not need all its epochs."""
        self.finished.update(points)
        self.epochs |= {point: self.planned[point] for point in self.finished}


def points_text(points: tuple[int, ...]) -> str:
    """The points of a shard."""
    return f"point {points[0]}" if len(points) == 1 else f"points {points[0]}–{points[-1]}"


def hypervolume_text(counter: Counter, hypervolume: float | None) -> str:
    """What all points have reached together, if that says something."""
    if counter.points == 1 or hypervolume is None:  # that of a single point says little
        return ""
    about = "" if is_exact(counter.points, counter.objectives) else "about "
    return f", hypervolume {about}{hypervolume:.4g}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _mean(values: Iterable[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None


def point_text(record: PointRecord) -> str:
    """A finished point in a line."""
    start = f"point {record['point']}"
    if len(record["weights"]) <= MOST_FIGURES:
        start += f" ({', '.join(f'{weight:.3g}' for weight in record['weights'])})"
    if record["status"] == "failed":
        return f"{start}: failed, {record['error']}"
    losses, metrics = record["loss"]["val"], record["metric"]["val"]
    figures = metrics if 0 < len(metrics) <= MOST_FIGURES else losses
    if len(figures) > MOST_FIGURES:
        figures = {"mean loss": _mean(figures.values())}
    text = ", ".join(
        f"{name.replace('_', ' ')} {_number(value)}" for name, value in figures.items()
    )
    return f"{start}: validation {text}"
