"""The notes of a run directory."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paretocli.errors import InputError
from paretocli.front.box import Box
from paretocli.older_sweeps import as_meant


@dataclass(frozen=True, eq=False)
class Run:
    """What a run directory says of itself.

    Attributes:
        path: The run directory.
        config: The identity of its sweep, as in `sweep.json`; what older ones do not name is there
            as it was meant.
        checksums: Of the data of each split, and of the user's own code, if any.
        box: Its own ideal and reference point.
    """

    path: Path
    config: dict[str, Any]
    checksums: dict[str, str]
    box: Box

    @property
    def seed(self) -> int:
        """Its seed."""
        return int(self.config["seed"])

    @property
    def objectives(self) -> list[str]:
        """The names of its objectives."""
        return list(self.config["objectives"])


def read_run(path: Path) -> Run:
    """Read `sweep.json` and `normalisation.json` of a run directory.

    Raises:
        InputError: They are not there, or not of the form that this program writes.
    """
    file = path / "sweep.json"
    note = read_note(file)
    try:
        config, checksums = note["config"], note["data"]
        config["weights"], config["problem"], config["objectives"], config["seed"]
    except (KeyError, TypeError):
        raise InputError(
            f"{file} is not of the form that this program writes; give the run directory of a "
            "sweep."
        ) from None
    return Run(path, as_meant(config), checksums, _box(path))


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


def read_note(file: Path) -> dict[str, Any]:
    """Read `sweep.json` or another JSON object of a run directory.

    Raises:
        InputError: It is not there, or no JSON object.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{file.parent} holds no {file.name}; give the run directory of a sweep."
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file} cannot be read ({error}); give the run directory of a sweep."
        ) from None
    if not isinstance(content, dict):
        raise InputError(f"{file} is no JSON object; give the run directory of a sweep.")
    return content
