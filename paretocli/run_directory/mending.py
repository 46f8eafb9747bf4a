"""Mending a run directory, so that a sweep can go on in it: what is damaged is done again.

This program writes files whole, and only into the directory; whatever is damaged, or leads out of
it, came from somebody else. Nothing outside is changed, and nothing that is whole is lost.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from paretocli.atomic import TEMPORARY, write_bytes
from paretocli.errors import InputError
from paretocli.run_directory.box import read_normalisation
from paretocli.run_directory.files import DamagedError, opened, remove
from paretocli.run_directory.history import HISTORY, history_files, read_history_lines
from paretocli.run_directory.kept import KEPT, lost_epochs
from paretocli.run_directory.measurements import read_measurements
from paretocli.run_directory.networks import is_whole
from paretocli.run_directory.points import (
    POINTS,
    SEARCHES,
    network_path,
    read_records,
    record_path,
    search_path,
)
from paretocli.run_directory.rounds import ROUNDS
from paretocli.run_directory.sweep_file import SweepFile

CHECKPOINTS = "checkpoints"
EVENTS = "tensorboard"
FOLDERS = (POINTS, SEARCHES, KEPT, ROUNDS, HISTORY, CHECKPOINTS)
TABLES = ("results.csv", "front.csv", "front.png", "growing.json", "baselines.json")

AGAIN = "what it held is done again"


def prepare_folders(directory: Path) -> None:
    """Make the folders of a run directory, and remove what a kill has left half written.

    Raises:
        InputError: One of them leads out of the directory.
        OSError: They cannot be made.
    """
    for name in (*FOLDERS, EVENTS):
        folder = directory / name
        if folder.is_symlink() and not folder.resolve().is_relative_to(directory.resolve()):
            raise InputError(
                f"{folder} is a link to {folder.readlink()}, but a sweep writes into its own "
                "directory alone; put a folder in its place, or name another one with --out."
            )
        if folder.exists() and not folder.is_dir():
            remove(folder)
    for name in FOLDERS:
        (directory / name).mkdir(exist_ok=True)
    for name in (".", *FOLDERS):
        for temporary in (directory / name).glob(f"{TEMPORARY}*"):
            if temporary.is_symlink() or temporary.is_file():
                temporary.unlink()


def mend(sweep: SweepFile) -> Iterator[str]:
    """Remove what is damaged, and say so; the sweep makes it again.

    Args:
        sweep: The sweep, in a directory that nobody else writes to.

    Raises:
        InputError: The system does not let a file be read: it may be whole.
    """
    yield from _mend_points(sweep)
    yield from _mend_kept(sweep)
    yield from _mend_history(sweep)
    try:
        read_normalisation(sweep)
    except DamagedError as error:
        yield f"{error.path}: {remove(error.path)}; {AGAIN}."
    try:
        read_measurements(sweep.path)
    except DamagedError as error:
        yield f"{error}: {remove(error.path)}; paretocli measure {sweep.path} measures again."
    places = (sweep.path / CHECKPOINTS).glob("*.pt")
    for path in (*places, *(sweep.path / name for name in TABLES)):
        if not _is_regular(path):
            yield f"{path} is no file: {remove(path)}."
    for folder in (sweep.path / EVENTS).glob("*"):
        if folder.is_symlink():
            yield f"{folder} is a link: {remove(folder)}."


def _mend_points(sweep: SweepFile) -> Iterator[str]:
    records = read_records(sweep)
    for reason in records.unreadable:
        raise InputError(reason)
    for point, reason in records.damaged.items():
        done = remove(record_path(sweep.path, point))
        yield f"{reason}: {done}; the point is solved again."
    for point, record in records.found.items():
        if record["status"] != "done":
            continue
        files = {network_path(sweep.path, point): record.get("weights_sha256")}
        if "search_sha256" in record:
            files[search_path(sweep.path, point)] = record["search_sha256"]
        damaged = [file for file, checksum in files.items() if not is_whole(file, checksum)]
        if damaged:
            # The record first: without it the point counts as not solved.
            record_path(sweep.path, point).unlink()
        for file in damaged:
            yield f"{file} was damaged: {remove(file)}; the point is solved again."
    for file in records.strangers:
        yield f"{file} is of no point of this sweep, and is left out."


def _mend_kept(sweep: SweepFile) -> Iterator[str]:
    """Have points solved again whose kept epochs are still needed, and are not there."""
    for point, file in list(lost_epochs(sweep, read_records(sweep).found)):
        record_path(sweep.path, point).unlink(missing_ok=True)
        remove(file)
        yield f"{file} was damaged or not there; point {point} is solved again, which makes it."


def _mend_history(sweep: SweepFile) -> Iterator[str]:
    """Drop lines that are damaged: what follows would be appended to them."""
    for file, points in history_files(sweep).items():
        try:
            whole = [line is not None for line in read_history_lines(sweep, file, points)]
        except FileNotFoundError:  # a link to nowhere, through which a file would be made
            file.unlink()
            continue
        except DamagedError as error:
            yield f"{error}: {remove(file)}."
            continue
        if all(whole) and not file.is_symlink():
            continue
        with opened(file, file.stat().st_size) as content:
            kept = [line for line, good in zip(content, whole, strict=False) if good]
        write_bytes(file, b"".join(line.rstrip(b"\n") + b"\n" for line in kept))
        if lost := whole.count(False):
            yield f"{file}: {lost} damaged lines were dropped; the epochs are left out of pictures."


def _is_regular(path: Path) -> bool:
    """Whether a path is that of a regular file, or nothing is there."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return True
