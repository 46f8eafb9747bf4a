"""Finished sweeps, read to be compared."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.results import Results, read_results
from paretocli.front.run_files import read_note


@dataclass(frozen=True, eq=False)
class Sweep:
    """A finished sweep.

    Attributes:
        path: Its run directory.
        config: Its identity, as in `sweep.json`.
        checksums: Of the data of each split, and of the user's own code, if any.
        box: Its own ideal and reference point.
        results: Its finished points.
    """

    path: Path
    config: dict[str, Any]
    checksums: dict[str, str]
    box: Box
    results: Results

    @property
    def seed(self) -> int:
        """Its seed."""
        return int(self.config["seed"])

    @property
    def objectives(self) -> list[str]:
        """The names of its objectives."""
        return list(self.config["objectives"])


def read_sweep(path: Path) -> Sweep:
    """Read a run directory.

    Raises:
        InputError: It is no run directory, or not all of its points are finished or failed.
    """
    if not path.is_dir():
        raise InputError(f"{path} is not a directory; give run directories of sweeps.")
    note = read_note(path / "sweep.json")
    try:
        config, checksums = note["config"], note["data"]
        missing = len(config["weights"])
        config["problem"], config["objectives"], config["seed"]
    except (KeyError, TypeError):
        raise InputError(
            f"{path / 'sweep.json'} is not of the form that this program writes; give the run "
            "directory of a sweep."
        ) from None
    results = None
    if (path / "results.csv").exists():
        results = read_results(path)
        missing -= len(results.frame) + results.failed
    if results is None or missing > 0:
        raise InputError(
            f"{path} is not finished: {missing} of {len(config['weights'])} points have no result "
            "yet; finish the sweep first, with the same command."
        )
    return Sweep(path, config, checksums, _box(path), results)


def _box(path: Path) -> Box:
    file = path / "normalisation.json"
    note = read_note(file)
    try:
        ideal, reference_point = (
            np.array(note[name], dtype=np.float64) for name in ("ideal", "reference_point")
        )
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"{file} holds no ideal and reference point; run the sweep's command again."
        ) from None
    return Box(ideal, reference_point)
