"""What `paretocli export` does, as calls of Python."""

from collections.abc import Sequence
from pathlib import Path

from paretocli.core.problem import Problem
from paretocli.exporting.asked_formats import asked_formats
from paretocli.exporting.export import Exported, export_point, refuse_used
from paretocli.exporting.fewer_bits.lossiness import Lossiness
from paretocli.exporting.fronts.front_export import ExportedFront, export_front
from paretocli.exporting.fronts.front_points import read_solved_front
from paretocli.exporting.point import read_solved_point
from paretocli.training.machine import as_found, flush_denormals, set_up


def export_one(
    path: Path,
    point: int,
    problem: Problem | str | None,
    data_dir: Path,
    out: str | Path | None,
    formats: Sequence[str],
    threads: int,
    samples: int,
    lossiness: Lossiness,
) -> Exported:
    """As `paretocli.Run.export`, of a run directory and a point.

    Args:
        path: The run directory.
        point: Its number.
        problem: Its problem, None for what the directory names.
        data_dir: Where data sets lie.
        out: A new or empty folder.
        formats: What to write.
        threads: For latencies.
        samples: Of the test data, to be stored beside the network, at most.
        lossiness: What formats of fewer bits may lose.
    """
    names = asked_formats(formats)
    with as_found():
        flush_denormals()
        set_up(threads, "fp32")
        solved = read_solved_point(path, point, data_dir, problem=problem, consent=_nobody)
        return export_point(
            solved, _folder(path, out, str(point)), names, threads, samples, lossiness
        )


def export_whole_front(
    path: Path,
    problem: Problem | str | None,
    data_dir: Path,
    out: str | Path | None,
    formats: Sequence[str],
) -> ExportedFront:
    """As `paretocli.Run.export_front`, of a run directory.

    Args:
        path: The run directory.
        problem: As for `export_one`.
        data_dir: Where data sets lie.
        out: A new or empty folder.
        formats: What to write, one at least.
    """
    names, folder = asked_formats(formats, some=True), _folder(path, out, "front")
    with as_found():
        refuse_used(folder)
        flush_denormals()
        set_up(1, "fp32")
        front = read_solved_front(path, data_dir, problem=problem, consent=_nobody)
        return export_front(front, folder, names)


def _folder(path: Path, out: str | Path | None, what: str) -> Path:
    return Path(out) if out else Path(f"export-{path.resolve().name}-{what}")


def _nobody(file: str) -> bool:
    """Code that a directory names does not run unasked."""
    return False
