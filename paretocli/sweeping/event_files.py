"""The history as event files for TensorBoard, one folder a point."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paretocli.run_directory.history import HistoryLine
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import point_name

FOLDER = "tensorboard"


class EventFiles:
    """An observer that writes what each epoch gave.

    Args:
        directory: The run directory.
    """

    def __init__(self, directory: Path) -> None:
        self.folder = directory / FOLDER
        self.writers: dict[int, Any] = {}
        self.latest: dict[int, int] = {}

    def points_planned(self, points: Sequence[int], epochs: int) -> None:
        """Nothing."""

    def points_there(self, points: Sequence[int]) -> None:
        """They have their files already."""

    def shard_resumed(self, points: tuple[int, ...], epoch: int) -> None:
        """What was written after this epoch is done again."""
        self.close(points)
        self.latest |= dict.fromkeys(points, epoch)

    def epoch_finished(
        self, points: tuple[int, ...], lines: Sequence[HistoryLine], hypervolume: float | None
    ) -> None:
        """Write an epoch of some points."""
        for line in lines:
            writer = self._writer(line["point"], line["epoch"])
            for name, value in _scalars(line).items():
                writer.add_scalar(name, value, line["epoch"])
            writer.flush()
            self.latest[line["point"]] = line["epoch"]

    def point_finished(self, record: PointRecord) -> None:
        """No more will come of it."""
        self.close([record["point"]])

    def note(self, text: str) -> None:
        """Nothing."""

    def close(self, points: Sequence[int] | None = None) -> None:
        """Close the files of some points, or of all."""
        for point in list(self.writers) if points is None else points:
            writer = self.writers.pop(point, None)
            if writer is not None:
                writer.close()

    def _writer(self, point: int, epoch: int) -> Any:
        if self.latest.get(point, 0) >= epoch:  # it was begun anew
            self.close([point])
        if point not in self.writers:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra

            folder = self.folder / point_name(point)
            if epoch == 1:
                shutil.rmtree(folder, ignore_errors=True)
            # Steps from this one on that an earlier run has written do not count any more.
            self.writers[point] = SummaryWriter(str(folder), purge_step=epoch)
        return self.writers[point]


def _scalars(line: HistoryLine) -> dict[str, float]:
    """What is drawn of a line of the history, by name."""
    found: dict[str, float | None] = {}
    for kind, by_split in (("loss", line["loss"]), ("metric", line["metric"])):
        for split, values in by_split.items():
            found |= {f"{kind}/{name}/{split}": value for name, value in values.items()}
    for name, value in line.get("auxiliary", {}).items():
        found[f"auxiliary/{name}"] = value
    for number, value in enumerate(line.get("multipliers") or ()):
        found[f"multiplier/{number}"] = value
    found |= {
        "penalty": line.get("penalty"),
        "gap": line.get("gap"),
        "relative_gap": line.get("relative_gap"),
        "zero_rows": line.get("zero_rows"),
    }
    return {name: value for name, value in found.items() if value is not None}
