"""Standard output and error that may be lost."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from paretocli.streams import UnfailingText, unfailing_streams

CLOSED = """
import sys
from paretocli.streams import unfailing_streams
with unfailing_streams() as output, open(sys.argv[1], "w") as file:
    assert file.fileno() > 2, file.fileno()
    print("lost")
    print("lost", file=sys.stderr)
    file.write(str(output.error))
"""


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(end)


def test_what_is_written_arrives(pipe):
    reading, writing = pipe
    stream = UnfailingText(writing, "utf-8", "strict")
    print("naïve", 3, file=stream)
    stream.buffer.write(b"bytes")
    assert os.read(reading, 100) == "naïve 3\nbytes".encode()
    assert stream.buffer.error is None
    assert not stream.isatty()


def test_a_reader_that_went_away(pipe):
    reading, writing = pipe
    stream = UnfailingText(writing, "utf-8", "strict")
    os.close(reading)
    for _ in range(3):
        print("lost", file=stream, flush=True)
    assert stream.buffer.error.errno == errno.EPIPE


def test_a_full_disk():
    with Path("/dev/full").open("w") as full:
        stream = UnfailingText(full.fileno(), "utf-8", "strict")
        print("lost", file=stream, flush=True)
        assert stream.buffer.error.errno == errno.ENOSPC


def test_a_reader_that_is_slow_gets_all(pipe):
    """Also through a pipe that does not wait until there is room."""
    reading, writing = pipe
    os.set_blocking(writing, False)
    text = "x" * 300_000
    got = bytearray()

    def read():
        while len(got) < len(text):
            got.extend(os.read(reading, 1000))

    reader = threading.Thread(target=read)
    reader.start()
    UnfailingText(writing, "utf-8", "strict").write(text)
    reader.join()
    assert got.decode() == text


def test_a_signal_may_write_while_something_is_written(pipe):
    """A buffered stream raises then: it may not be called by itself."""
    reading, writing = pipe
    stream = UnfailingText(writing, "utf-8", "strict")
    before = signal.signal(signal.SIGALRM, lambda *_: print("alarm", file=stream))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        text, lines = bytearray(), 0
        end = time.monotonic() + 60
        while lines < 300 or (b"alarm" not in text and time.monotonic() < end):
            print("line", file=stream)
            text += os.read(reading, 100_000)
            lines += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert text.count(b"line") == lines
    assert b"alarm" in text


def test_a_letter_that_the_encoding_lacks(monkeypatch, pipe):
    reading, writing = pipe
    with os.fdopen(os.dup(writing), "w", encoding="latin-1") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with unfailing_streams():
            sys.stdout.buffer.descriptor = writing
            print("–")
        assert sys.stdout is stream
    assert os.read(reading, 100) == b"\\u2013\n"


def test_closed_streams_are_opened_on_nothing(tmp_path):
    """Or a file would get their numbers, and what is printed."""
    ended = subprocess.run(
        f"exec {sys.executable} -c '{CLOSED}' {tmp_path / 'file'} <&- >&- 2>&-",
        shell=True,
        check=False,
    )
    assert ended.returncode == 0
    assert (tmp_path / "file").read_text() == "None"
