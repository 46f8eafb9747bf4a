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

LOCK = ".lock"

_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK  # a link may lead anywhere, a pipe would not open
_MOST = 200  # bytes of a holder's name
A_MOMENT = 0.005  # seconds, at most, until a lock is tried again that others looked at


@contextmanager
def sole_user(directory: Path) -> Iterator[None]:
    """Hold a directory against other sweeps; the system lets go of it when this process dies.

    Raises:
        InputError: Another sweep holds it, or a folder is in the place of its lock.
    """
    path = directory / LOCK
    descriptor = _locked(path)
    if descriptor is None:
        raise InputError(
            f"{directory} is in use by another sweep ({_holder(path)}); wait for its end, or name "
            "another directory with --out."
        )
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
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


def _locked(path: Path) -> int | None:
    """The lock file, open and locked; None where another process has locked it."""
    while True:
        descriptor = _opened(path)
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


def _opened(path: Path) -> int:
    """The lock file, open: made where there is none, and where something else has its name.

    Raises:
        InputError: A folder has it that is not empty.
    """
    with suppress(FileNotFoundError):
        kind = path.lstat().st_mode
        if stat.S_ISDIR(kind):
            _remove_folder(path)
        elif not stat.S_ISREG(kind):
            path.unlink()
    return os.open(path, os.O_RDWR | os.O_CREAT | _CAREFULLY, 0o644)


def _remove_folder(path: Path) -> None:
    try:
        path.rmdir()
    except OSError as error:
        raise InputError(
            f"{path} should be a sweep's lock file and is a folder that cannot be removed "
            f"({error.strerror}); move it away."
        ) from None


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
