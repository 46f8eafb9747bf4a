"""Finished sweeps, read to be compared."""

from dataclasses import dataclass
from pathlib import Path

from paretocli.errors import InputError
from paretocli.front.results import Results, read_results
from paretocli.front.run_files import RunFiles, read_run_files
from paretocli.run_directory.sweep_file import read_sweep_file


@dataclass(frozen=True, eq=False)
class Sweep(RunFiles):
    """A finished sweep.

    Attributes:
        results: Its finished points.
    """

    results: Results


def read_sweep(path: Path) -> Sweep:
    """Read a run directory.

    Raises:
        InputError: It is no run directory, or not all of its points are finished or failed.
    """
    if not path.is_dir():
        raise InputError(f"{path} is not a directory; give run directories of sweeps.")
    run = read_run_files(path)
    points = missing = read_sweep_file(path).points
    results = None
    if (path / "results.csv").exists():
        results = read_results(path)
        missing -= len(results.frame) + results.failed
    if results is None or missing > 0:
        raise InputError(
            f"{path} is not finished: {missing} of {points} points have no result yet; finish the "
            "sweep first, with the same command."
        )
    return Sweep(run.path, run.config, run.checksums, run.box, results)
