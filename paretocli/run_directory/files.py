"""Files of a run directory, which may hold anything, or be no files at all."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

from paretocli.errors import InputError
from paretocli.run_directory.forms import Form, FormError

MOST_BYTES = 2**24
"""Of a JSON object. A record takes some 300 bytes a layer, a sweep's file 100 a point."""

MOST_LINES_BYTES = 2**33
"""Of a file of lines."""


class DamagedError(Exception):
    """A file is there and can be of no use.

    Args:
        path: The file.
        reason: The rest of a sentence: "is no JSON".
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.path = path
        self.reason = reason


@contextmanager
def opened(path: Path, most: int) -> Iterator[BufferedReader]:
    """Open a regular file for reading; what else may have its name never holds anybody up.

    Raises:
        FileNotFoundError: There is none.
        DamagedError: It is no regular file, or larger than `most` bytes.
        InputError: The system does not let it be read: nobody can say what it holds.
    """
    try:
        # Before it is opened: a device may do something already then.
        _refuse_irregular(path, path.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            _refuse_irregular(path, found)
            if found.st_size > most:
                raise DamagedError(path, f"is larger than {most // 2**20} MiB")
            yield file
    except NotADirectoryError as error:
        raise FileNotFoundError(error.errno, error.strerror, str(path)) from None
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise DamagedError(path, "is a link that leads nowhere") from None
        raise InputError(f"{path} cannot be read ({error.strerror}); make it readable.") from None


def read_bytes(path: Path, most: int) -> bytes | None:
    """The content of a regular file, None where there is none; raises as `opened` does."""
    try:
        with opened(path, most) as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read(size + 1)
    except FileNotFoundError:
        return None
    except MemoryError:
        raise InputError(f"{path} does not fit into memory; it takes a larger machine.") from None
    if len(content) > size:  # one that the system makes up, or that grows
        raise DamagedError(path, "is no file of a fixed size")
    return content


def read_object(path: Path, form: Form) -> dict[str, Any] | None:
    """The JSON object in a file, None where there is no file.

    Args:
        path: The file.
        form: What the object should be.

    Raises:
        DamagedError: It is no regular file, holds something else, or is of another form.
        InputError: The system does not let it be read.
    """
    content = read_bytes(path, MOST_BYTES)
    if content is None:
        return None
    try:
        found = parsed(content)
        form(found)
    except ValueError as error:
        raise DamagedError(path, f"is damaged ({error})") from None
    return found


def read_lines(path: Path, form: Form) -> Iterator[dict[str, Any] | None]:
    """The JSON objects in the lines of a file, None in place of each that is torn or damaged.

    Raises:
        FileNotFoundError: There is no such file.
        DamagedError: It is no regular file, or too large.
        InputError: The system does not let it be read.
    """
    with opened(path, MOST_LINES_BYTES) as file:
        while line := file.readline(MOST_BYTES + 1):
            if len(line) > MOST_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MOST_BYTES)
                yield None
                continue
            try:
                found = parsed(line)
                form(found)
            except ValueError:
                yield None
            else:
                yield found


def parsed(content: bytes) -> dict[str, Any]:
    """The JSON object that some bytes hold.

    Raises:
        ValueError: They hold none; the message is a reason.
    """
    try:
        found = json.loads(content.decode(), parse_constant=_refuse_constant)
        if b"\\u" in content:  # half of a surrogate pair could never be written again
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is no UTF-8") from None
    except UnicodeEncodeError:
        raise ValueError("it holds half a character") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg} in line {error.lineno}") from None
    except ValueError:
        raise ValueError("it holds a number that is none, or too long") from None
    if not isinstance(found, dict):
        raise FormError("is no object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_irregular(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise DamagedError(path, "is no regular file")


def remove(path: Path) -> str:
    """Remove a file or a link, or move a folder aside; what was done, as part of a sentence."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return "removed"
    number = 1
    while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
        number += 1
    path.rename(aside)
    return f"moved to {aside.name}"
