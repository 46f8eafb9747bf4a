"""The networks of kept epochs, `kept/<point>-<epoch>.safetensors`: there until they are points.

Which of them become points is known when all others are solved (`Round.looked_at`); what those
need that are not solved yet is there until they are.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from paretocli.run_directory.networks import is_whole
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import point_name
from paretocli.run_directory.sweep_file import SweepFile

KEPT = "kept"


def kept_path(directory: Path, point: int, epoch: int) -> Path:
    """The file of a kept epoch of a point."""
    return directory / KEPT / f"{point_name(point)}-{epoch}.safetensors"


def lost_epochs(sweep: SweepFile, records: Mapping[int, PointRecord]) -> Iterator[tuple[int, Path]]:
    """Solved points with a file of a kept epoch that is needed and damaged or not there.

    Args:
        sweep: The sweep.
        records: Those of its points that are whole.

    Raises:
        InputError: The system does not let a file be read.
    """
    looked_at = {point for one in sweep.rounds for point in one.looked_at}
    needed = {
        (parent, epoch)
        for one in sweep.rounds
        for point, parent, epoch in zip(one.points, one.parents, one.kept_epochs, strict=False)
        if point not in records
    }
    for point, record in records.items():
        for kept in record.get("kept", ()):
            file = kept_path(sweep.path, point, kept["epoch"])
            wanted = point not in looked_at or (point, kept["epoch"]) in needed
            if wanted and not is_whole(file, kept["sha256"]):
                yield point, file
