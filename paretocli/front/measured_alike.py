"""Figures that were measured can be compared where they were measured alike."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import get_type_hints

from paretocli.errors import InputError
from paretocli.front.columns import MEASURED
from paretocli.front.results import Results
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.measurements import (
    Device,
    Measurements,
    Setting,
    read_measurements,
)

WORDS = {
    "device": "device",
    "engine": "engine",
    "format": "format",
    "threads": "number of threads",
    "processors": "pinning of threads",
}


def refuse_measured_otherwise(results: Sequence[Results], columns: Collection[str]) -> None:
    """Refuse measured columns of several sweeps that were not measured alike.

    A table whose directory does not say how it was measured says nothing against it.

    Raises:
        InputError: Two sweeps were measured on different devices, or in different ways.
    """
    if not {*columns} & {*MEASURED}:
        return
    known = [(one, found) for one in results if (found := measurements_beside(one)) is not None]
    for one, found in known[1:]:
        first, measured = known[0]
        if different := _differences(measured, found):
            raise InputError(
                f"{first.path.parent} and {one.path.parent} were not measured alike ("
                f"{'; '.join(different)}); measure both in the same way, or choose other columns."
            )


def without_measured_otherwise(
    results: Sequence[Results], needed: Collection[str]
) -> tuple[list[Results], str]:
    """Inputs without what was not measured alike, and a sentence that says so, empty where all was.

    For what shows all columns there are.

    Raises:
        InputError: A column that is needed was not measured alike.
    """
    refuse_measured_otherwise(results, needed)
    shown = [name for name in MEASURED if any(name in one.frame for one in results)]
    try:
        refuse_measured_otherwise(results, shown)
    except InputError as error:
        dropped = [
            replace(one, frame=one.frame.drop(columns=shown, errors="ignore")) for one in results
        ]
        return dropped, f"Left out {', '.join(shown)}: {error}"
    return list(results), ""


def measurements_beside(results: Results) -> Measurements | None:
    """What was measured of the sweep of a table; None where nobody says."""
    if results.path.name != "results.csv":
        return None
    with suppress(DamagedError):  # a sweep's own command says so
        return read_measurements(results.path.parent)
    return None


def _differences(one: Measurements, other: Measurements) -> list[str]:
    found = []
    for key in get_type_hints(Setting):
        first, second = _compared(one, key), _compared(other, key)
        if first != second:
            found.append(f"{WORDS[key]}: {first} against {second}")
    return found


def _compared(found: Measurements, key: str) -> str:
    """A part of the setting in words; which processors threads were kept on does not count."""
    if key == "device":
        device: Device = found["device"]
        return f"{device['name']} ({device['processor']})"
    if key == "engine":
        return f"{found['engine']['name']} {found['engine']['version']}"
    if key == "processors":
        return "kept on processors" if found["processors"] else "not kept anywhere"
    return str(found["format"] if key == "format" else found["threads"])
