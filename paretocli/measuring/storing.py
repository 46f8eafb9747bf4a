"""Keeping in a run directory what its networks took."""

from pathlib import Path

from paretocli.errors import InputError
from paretocli.run_directory.lock import in_use, sole_user
from paretocli.run_directory.measurements import MEASUREMENTS, Measurements
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.store import RunDirectory


def refuse_used(path: Path) -> None:
    """Refuse a directory that a sweep runs in: it would slow down what is timed.

    Raises:
        InputError: One does.
    """
    if holder := in_use(path):
        raise InputError(f"{path} is in use by a sweep ({holder}); wait for its end.")


def store(path: Path, found: Measurements) -> None:
    """Write measurements in place of those that are there, and the tables with their columns.

    Raises:
        InputError: The directory cannot be written, or a sweep runs in it.
    """
    try:
        with sole_user(path):
            keep(path, found)
    except OSError as error:
        raise InputError(
            f"The directory {path} cannot be written ({error.strerror}); make it writable."
        ) from None


def keep(path: Path, found: Measurements) -> None:
    """The same for whoever holds the directory already.

    Raises:
        OSError: It cannot be written.
    """
    sweep, directory = read_sweep_file(path), RunDirectory(path)
    directory.write_note(MEASUREMENTS, found)
    directory.write_tables(sweep.config, directory.records())
