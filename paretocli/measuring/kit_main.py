"""Measures the networks of a kit on the device that it was taken to.

A kit is an archive that Python runs: `python kit.zip > figures.json`. This is its script, and needs
what lies in the archive, numpy and onnxruntime. `paretocli measure DIR --read figures.json` reads
what it prints.
"""

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from paretocli.timing.device import this_device
from paretocli.timing.in_turn import timed_in_turn
from paretocli.timing.onnx_session import onnx_session
from paretocli.timing.processors import pinned

FEWEST_CALLS = 20  # for a 95th percentile to be one


def main(place: Path, arguments: Sequence[str] | None = None) -> None:
    """Time all networks in turn, and print what they took as JSON.

    Args:
        place: The kit: the archive, or a folder into which it was unpacked.
        arguments: Of the command line; without, those of the process.
    """
    kit = json.loads(_content(place, "kit.json"))
    options = _options(kit, arguments)
    try:
        import numpy as np
        import onnxruntime
    except ImportError as error:
        sys.exit(f"{error.name} is not installed; run pip install numpy onnxruntime.")
    networks = [(one, _network(place, one)) for one in kit["networks"]]
    with np.load(io.BytesIO(_content(place, "inputs.npz"))) as stored:
        inputs = [stored[name] for name in stored.files]
    latency: list[dict[str, Any]] = [{} for _ in networks]
    with pinned(options.threads) as processors:
        sessions = [onnx_session(content, options.threads) for _, content in networks]
        for size in kit["batches"]:
            print(f"Timing {len(networks)} networks at batch {size} …", file=sys.stderr)
            functions = [_call(session, [array[:size] for array in inputs]) for session in sessions]
            found = timed_in_turn(functions, options.repetitions)
            for timed, times in zip(latency, found, strict=True):
                timed[str(size)] = times.content()
    figures = [
        {"file_bytes": len(content), "sha256": one["sha256"], "latency": timed}
        for (one, content), timed in zip(networks, latency, strict=True)
    ]
    printed = {
        "recipe": kit["recipe"],
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": this_device(options.name),
        "engine": {"name": "onnxruntime", "version": onnxruntime.__version__},
        "format": "onnx",
        "threads": options.threads,
        "processors": list(processors),
        "dense": figures[0],
        "points": [
            {"point": one["point"], "checkpoint": one["checkpoint"], **each}
            for (one, _), each in zip(networks[1:], figures[1:], strict=True)
        ],
    }
    print(json.dumps(printed, indent=2))


def _options(kit: dict[str, Any], arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python KIT", description="Measure the networks in this kit; the figures are printed."
    )
    parser.add_argument("--threads", type=int, default=kit["threads"], help="How many compute.")
    parser.add_argument(
        *("--repetitions", "-n"),
        type=int,
        default=kit["calls"],
        help="Calls of each network that count; 0 for 200, or fewer where they take long.",
    )
    parser.add_argument("--name", default="", help="What to call this device.")
    found = parser.parse_args(arguments)
    if found.threads < 1:
        parser.error(f"--threads should be at least 1, found {found.threads}")
    if 0 != found.repetitions < FEWEST_CALLS:
        parser.error(f"--repetitions should be at least {FEWEST_CALLS}, found {found.repetitions}")
    return found


def _network(place: Path, one: dict[str, Any]) -> bytes:
    """The content of a network's file."""
    content = _content(place, one["file"])
    if hashlib.sha256(content).hexdigest() != one["sha256"]:
        sys.exit(f"{one['file']} is not what was packed; copy the kit again.")
    return content


def _content(place: Path, name: str) -> bytes:
    if place.is_dir():
        return (place / name).read_bytes()
    with ZipFile(place) as archive:
        return archive.read(name)


def _call(session: Any, arrays: Sequence[Any]) -> Callable[[], Any]:
    names = [argument.name for argument in session.get_inputs()]
    return partial(session.run, None, dict(zip(names, arrays, strict=True)))


if __name__ == "__main__":
    main(Path(sys.path[0]))
