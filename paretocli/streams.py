"""Standard output and error that may be lost without losing what is done meanwhile.

A reader that went away (`| head -1`), a full disk behind a redirection and a closed terminal make
each later write fail. Training must not end by that, whoever writes: this program, a library's
progress bar, or a `print` in somebody's own problem.
"""

import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STANDARD = (0, 1, 2)


class UnfailingBytes(io.RawIOBase):
    """A descriptor that takes all that is written, also where it gets nowhere.

    Args:
        descriptor: It stays open.

    Attributes:
        error: Why something could not be written for the first time; None where all was.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.error: OSError | None = None

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self.descriptor

    def isatty(self) -> bool:
        """Whether somebody looks on."""
        return os.isatty(self.descriptor)

    def write(self, content: "ReadableBuffer") -> int:
        """Write all of it, or as much as goes; none is left for later."""
        left = memoryview(content).cast("B")
        length = len(left)
        try:
            while left:
                try:
                    left = left[os.write(self.descriptor, left) :]
                except BlockingIOError:  # a pipe that others have set not to wait
                    select.select([], [self.descriptor], [])
        except OSError as error:
            self.error = self.error or error
        return length


class UnfailingText(io.TextIOBase):
    """The same for text. A signal's handler may write while something is written.

    Args:
        descriptor: It stays open.
        encoding: Of the text; what it lacks is written as an escape sequence.
        errors: How to encode what `encoding` has no bytes for.
    """

    def __init__(self, descriptor: int, encoding: str, errors: str) -> None:
        self.buffer = UnfailingBytes(descriptor)
        self._encoding, self._errors = encoding, errors

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """The name of the encoding."""
        return self._encoding

    @property
    def errors(self) -> str:  # type: ignore[override]  # an attribute there
        """How what cannot be encoded is."""
        return self._errors

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The descriptor."""
        return self.buffer.fileno()

    def isatty(self) -> bool:
        """Whether somebody looks on."""
        return self.buffer.isatty()

    def write(self, text: str) -> int:
        """Write it at once, as far as it goes."""
        self.buffer.write(text.encode(self._encoding, self._errors))
        return len(text)


@contextmanager
def unfailing_streams() -> Iterator[UnfailingBytes]:
    """Have `sys.stdout` and `sys.stderr` take all that is written; gives what is below stdout.

    Where one of the first three descriptors is closed, it is opened on nothing: a file of the run
    directory would get its number otherwise, and what libraries print with it.
    """
    for descriptor in STANDARD:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    before = sys.stdout, sys.stderr
    for stream in before:
        if stream is not None:
            stream.flush()
    output = _unfailing(1, sys.stdout)
    sys.stdout, sys.stderr = output, _unfailing(2, sys.stderr)
    try:
        yield output.buffer
    finally:
        sys.stdout, sys.stderr = before


def _unfailing(descriptor: int, stream: TextIO | None) -> UnfailingText:
    encoding = stream.encoding if stream is not None else "utf-8"
    errors = (stream.errors if stream is not None else None) or "strict"
    # A name or a dash that a terminal's encoding lacks is no reason to fail either.
    return UnfailingText(descriptor, encoding, "backslashreplace" if errors == "strict" else errors)
