"""What a sweep says of itself, to be drawn or compared."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.front.repetitions import Repetition, repetition_of
from paretocli.printable import one_line
from paretocli.run_directory.box import NORMALISATION_FILE, read_normalisation
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.sweep_content import Identity
from paretocli.run_directory.sweep_file import SweepFile, read_sweep_file


@dataclass(frozen=True, eq=False)
class RunFiles:
    """What a run directory says of itself.

    Attributes:
        path: The run directory.
        config: The identity of its sweep, as in `sweep.json`; what older ones do not name is there
            as it was meant.
        checksums: Of the data of each split, and of the user's own code, if any.
        box: Its own ideal and reference point.
    """

    path: Path
    config: Identity
    checksums: dict[str, str]
    box: Box

    @property
    def seed(self) -> int:
        """Its seed."""
        return int(self.config["seed"])

    @property
    def repetition(self) -> Repetition:
        """Its seed, and the fold of its data."""
        return repetition_of(self.config)

    @property
    def objectives(self) -> list[str]:
        """The names of its objectives."""
        return list(self.config["objectives"])


def read_run_files(path: Path) -> RunFiles:
    """Read `sweep.json` and `normalisation.json` of a run directory.

    Raises:
        InputError: They are not there, or not of the form that this program writes.
    """
    return run_files_of(read_sweep_file(path))


def run_files_of(sweep: SweepFile) -> RunFiles:
    """The same of a run directory whose `sweep.json` is read already."""
    config = sweep.config | {"problem": one_line(sweep.config["problem"])}
    return RunFiles(sweep.path, config, sweep.checksums, _box(sweep))


def _box(sweep: SweepFile) -> Box:
    file = sweep.path / NORMALISATION_FILE
    try:
        found = read_normalisation(sweep)
    except DamagedError as error:
        raise InputError(
            f"{error}; run the sweep's command again, which works it out anew."
        ) from None
    if found is None:
        raise InputError(
            f"{sweep.path} holds no {file.name}; run the sweep's command again, which works it out."
        )
    return Box(
        *(np.array(corner, dtype=float) for corner in (found["ideal"], found["reference_point"]))
    )
