"""Who is told how a sweep goes on."""

from collections.abc import Sequence
from typing import Protocol

from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.point_record import PointRecord


class Observer(Protocol):
    """Is told what happens, by the process that keeps the results."""

    def points_planned(self, points: Sequence[int], epochs: int) -> None:
        """These are to be trained, or were already, for so many epochs each."""

    def points_there(self, points: Sequence[int]) -> None:
        """These were solved by an earlier run."""

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """A shard goes on after `epoch`."""

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[HistoryLine], hypervolume: float | None
    ) -> None:
        """All points of a shard trained for one more epoch.

        Args:
            points: Those of the shard.
            lines: Their lines of the history.
            hypervolume: What all points of the sweep reached on the validation data when it was
                last worked out, which is seldom where that takes long; None where it never was.
        """

    def point_finished(self, record: PointRecord) -> None:
        """A point has its record."""

    def note(self, text: str) -> None:
        """Something that the user should know."""


class Observers:
    """Several of them, told one after another."""

    def __init__(self, *observers: Observer) -> None:
        self.observers = observers

    def points_planned(self, points: Sequence[int], epochs: int) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.points_planned(points, epochs)

    def points_there(self, points: Sequence[int]) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.points_there(points)

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.shard_resumed(points, epoch)

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[HistoryLine], hypervolume: float | None
    ) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.epoch_finished(points, lines, hypervolume)

    def point_finished(self, record: PointRecord) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.point_finished(record)

    def note(self, text: str) -> None:
        """Tell all."""
        for observer in self.observers:
            observer.note(text)
