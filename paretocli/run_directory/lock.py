"""One sweep at a time in a directory."""

import fcntl
import os
import random
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from paretocli.errors import InputError
from paretocli.printable import one_line
from paretocli.run_directory.files import remove

LOCK = ".lock"

_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK  # a link may lead anywhere, a pipe would not open
_MOST = 200  # bytes of a holder's name
A_MOMENT = 0.005  # seconds, at most, until a lock is tried again that others looked at


@contextmanager
def sole_user(directory: Path) -> Iterator[list[str]]:
    """Hold a directory against other sweeps; the system lets go of it when this process dies.

    Yields:
        What was in the place of the lock, and what became of it, a sentence each.

    Raises:
        InputError: Another sweep holds it.
    """
    path = directory / LOCK
    notes: list[str] = []
    descriptor = _locked(path, notes)
    if descriptor is None:
        raise InputError(
            f"{directory} is in use by another sweep ({_holder(path)}); wait for its end, or name "
            "another directory with --out."
        )
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield notes
    finally:
        # While it is still ours, or another's file might be removed. What remains of it where the
        # directory cannot be written any more locks nothing.
        with suppress(OSError):
            path.unlink()
        os.close(descriptor)


def in_use(directory: Path) -> str:
    """Who holds a directory, empty where nobody does."""
    path = directory / LOCK
    try:
        descriptor = os.open(path, os.O_RDONLY | _CAREFULLY)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return "" if _can_share(descriptor) else _holder(path)
    except OSError:  # a file system without locks
        return ""
    finally:
        os.close(descriptor)


def _locked(path: Path, notes: list[str]) -> int | None:
    """The lock file, open and locked; None where another process has locked it."""
    while True:
        descriptor = _opened(path, notes)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held = not _can_share(descriptor)
            os.close(descriptor)
            if held:
                return None
            # Others only ask whether it is in use, for a moment: `in_use`.
            time.sleep(random.uniform(0, A_MOMENT))
            continue
        # The former holder may have removed the file after it was opened here.
        try:
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)


def _opened(path: Path, notes: list[str]) -> int:
    """The lock file, open: made where there is none, and where something else has its name."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(path.lstat().st_mode):
            notes.append(f"{path} was no file: {remove(path)}.")
    return os.open(path, os.O_RDWR | os.O_CREAT | _CAREFULLY, 0o644)


def _can_share(descriptor: int) -> bool:
    """Whether nobody holds the file's lock alone."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        with path.open("rb") as file:
            found = file.read(_MOST).decode(errors="replace")
    except OSError:
        return "just ended"
    return one_line(found) or "just starting"
