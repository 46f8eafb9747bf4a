"""What results were made with: versions, the machine, and the user's own modules."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import torch

from paretocli import __version__
from paretocli.options.config import SweepConfig
from paretocli.run_directory.point_record import Machine, MadeWith, PointRecord
from paretocli.run_directory.sweep_file import SweepFile
from paretocli.training.machine import device_name

PACKAGES = ("torch", "numpy", "scikit-learn", "moocore")


def versions() -> dict[str, str]:
    """Of Python and of the packages that numbers come from."""
    others = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), "paretocli": __version__, **others}


def machine(config: SweepConfig) -> Machine:
    """Where this process computes."""
    return {
        "platform": platform.platform(),
        "device": device_name(torch.device(config.device)),
        "threads": config.threads,
    }


def made_with(config: SweepConfig) -> MadeWith:
    """What a point was made with; a sweep may go on elsewhere."""
    return {"versions": versions(), "machine": machine(config)}


def notes_on_changes(
    begun: SweepFile, records: Sequence[PointRecord], imported: Mapping[str, str]
) -> list[str]:
    """What is not as it was when a sweep began that goes on, a sentence each.

    Args:
        begun: What its directory says.
        records: Of the points that are there.
        imported: SHA-256 of the modules that the user's own code imports now, by file.
    """
    notes = []
    made = [record.get("made_with", {}).get("versions", {}) for record in records]
    before = {found.get("torch", begun.versions.get("torch")) for found in made}
    others = sorted(str(found) for found in before - {None, version("torch")})
    if others:
        notes.append(
            f"Points here were computed with torch {' and '.join(others)}, and the rest is with "
            f"torch {version('torch')}: their last digits, or more, may depend on it."
        )
    changed = sorted(n for n in begun.imported if imported.get(n) != begun.imported[n])
    if changed:
        are = "is" if len(changed) == 1 else "are"
        notes.append(
            f"{', '.join(changed)}, which the problem imports, {are} not as when this sweep began: "
            "what was finished was made with the other version."
        )
    return notes
