"""What converters and runtimes say, kept from the terminal and read where they fail."""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from paretocli.compaction.program import first_line
from paretocli.compaction.quiet import quiet
from paretocli.errors import InputError

LACKS = re.compile(
    r"(?:No ONNX function found for <OpOverload\(op='(?P<onnx>[\w.:]+)'"
    r"|does not support the following ONNX operations:(?P<openvino>.*)"
    r"|Operator torch\._ops\.(?P<executorch>aten\.[\w.]+)"
    r"|Missing operator: \[\d+\](?P<kernel>.*)"
    r"|Lowering not found:(?P<litert>.*)"
    r"|Unsupported fx node .*, kind (?P<coreml>[\w.:]+))"
)
"""How exporters and runtimes name what they lack."""

OPERATOR = re.compile(r"\b\w+(?:::|\.)[\w.]*\w")


@contextmanager
def converting(runtime: str, option: str) -> Iterator[None]:
    """Where something of a runtime is used: nothing that it prints is shown.

    Args:
        runtime: Its name.
        option: The name of the format.

    Raises:
        InputError: It fails; with the operators that it lacks, where it names them.
    """
    with unheard() as kept:
        try:
            yield
        except Exception as error:  # each of them has kinds of its own
            kept.seek(0)
            # One format may be written by way of another.
            cause = (error.__cause__ or error) if isinstance(error, InputError) else error
            said = f"{cause}\n{kept.read().decode(errors='replace')}"
            lacking = lacking_operators(said)
            what = (
                f"has no {', no '.join(lacking)}, which this network needs"
                if lacking
                else f"does not take this network; it stops with “{first_line(cause)}”"
            )
            raise InputError(
                f"{runtime} {what}. Leave {option} out of --format; nothing was written."
            ) from error


def lacking_operators(said: str) -> list[str]:
    """The operators that a runtime says it lacks, in what it raised and printed."""
    found = (_operators(match) for match in LACKS.finditer(said))
    return list(dict.fromkeys(name for names in found for name in names))


def _operators(match: re.Match[str]) -> list[str]:
    if match["coreml"]:
        return [match["coreml"]]  # Core ML's converter leaves out that it is one of torch's
    return OPERATOR.findall("".join(filter(None, match.groups())))


@contextmanager
def unheard() -> Iterator[IO[bytes]]:
    """What a process writes to its terminal, by Python or not, goes into a file that is yielded."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    with tempfile.TemporaryFile() as kept, quiet():
        before = {place: os.dup(place) for place in (1, 2)}
        try:
            _flush(streams)
            for place in before:
                os.dup2(kept.fileno(), place)
            yield kept
        finally:
            _flush(streams)
            for place, was in before.items():
                os.dup2(was, place)
                os.close(was)


def _flush(streams: Iterable[IO[str]]) -> None:
    for stream in streams:
        with suppress(OSError, ValueError):
            stream.flush()
