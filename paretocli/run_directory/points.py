"""The records of a sweep's points, `points/<number>.json`: the only mark of "done"."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from paretocli.errors import InputError
from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_object
from paretocli.run_directory.point_record import PointRecord, record_form
from paretocli.run_directory.sweep_file import SweepFile

POINTS = "points"
SEARCHES = "searches"


@dataclass(frozen=True)
class Records:
    """What a run directory has of its points.

    Attributes:
        found: The records that can be read, by point, in order.
        damaged: What is wrong with those that are none, by point.
        unreadable: What is wrong with those that the system does not let be read.
        strangers: Files that look like records, of points that the sweep does not have.
    """

    found: dict[int, PointRecord]
    damaged: dict[int, str]
    unreadable: tuple[str, ...]
    strangers: tuple[Path, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, a sentence each."""
        return (
            *(
                f"{reason}, and is left out; the sweep's command solves point {point} anew."
                for point, reason in self.damaged.items()
            ),
            *self.unreadable,
            *(f"{file} is of no point of this sweep, and is left out." for file in self.strangers),
        )


def point_name(point: int) -> str:
    """The point's number as it stands in file names."""
    return f"{point:04d}"


def record_path(directory: Path, point: int) -> Path:
    """The file of a point's record."""
    return directory / POINTS / f"{point_name(point)}.json"


def network_path(directory: Path, point: int) -> Path:
    """The file of a point's network: whatever its record says, it is nowhere else."""
    return directory / POINTS / f"{point_name(point)}.safetensors"


def search_path(directory: Path, point: int) -> Path:
    """The file of where a point's search ended."""
    return directory / SEARCHES / f"{point_name(point)}.safetensors"


def read_record(sweep: SweepFile, point: int) -> PointRecord | None:
    """The record of a point, None where it has none.

    Raises:
        DamagedError: It is none, or not that point's.
        InputError: The system does not let it be read.
    """
    weights = sweep.weights[point]
    record = record_form(sweep.config["objectives"])

    def form(value: Any) -> None:
        record(value)
        if value["point"] != point:
            raise forms.FormError(f"is not {point}", ("point",))
        if value["weights"] != weights:
            raise forms.FormError("are not those of the sweep's point", ("weights",))

    found = cast(PointRecord | None, read_object(record_path(sweep.path, point), form))
    if found is not None and "weights_file" in found:
        found["weights_file"] = str(network_path(Path(), point))  # it is nowhere else
    return found


def read_records(sweep: SweepFile) -> Records:
    """The records of all points that are done or failed."""
    found: dict[int, PointRecord] = {}
    damaged: dict[int, str] = {}
    unreadable = []
    for point in range(sweep.points):
        try:
            record = read_record(sweep, point)
        except DamagedError as error:
            damaged[point] = str(error)
        except InputError as error:
            unreadable.append(str(error))
        else:
            if record is not None:
                found[point] = record
    return Records(found, damaged, tuple(unreadable), _strangers(sweep))


def _strangers(sweep: SweepFile) -> tuple[Path, ...]:
    known = {record_path(sweep.path, point).name for point in range(sweep.points)}
    try:
        files = sorted((sweep.path / POINTS).iterdir())
    except OSError:
        return ()
    return tuple(
        file
        for file in files
        if re.fullmatch(r"[0-9]+\.json", file.name) and file.name not in known
    )
