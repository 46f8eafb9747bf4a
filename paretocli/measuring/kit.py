"""A kit: an archive that measures the networks of a sweep on a device without this program."""

import io
import json
import tempfile
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np

from paretocli.exporting.point import SolvedPoint
from paretocli.measuring.measure import batches_of
from paretocli.measuring.networks import Written, inputs_of, written_networks
from paretocli.run_directory.measurements import RECIPE

FORMAT = "onnx"
SOURCES = Path(__file__).parents[1]
SCRIPT = SOURCES / "measuring" / "kit_main.py"
BESIDE = ("device", "in_turn", "onnx_session", "processors")  # of the room `timing`


def kit(
    points: Iterable[SolvedPoint], threads: int, calls: int, note: Callable[[str], None]
) -> bytes:
    """The content of an archive with the networks of points, some inputs, and the script.

    Args:
        points: At least one, all of one sweep.
        threads: With which the networks are timed there, unless somebody says otherwise.
        calls: The same.
        note: Is told what is being done.

    Raises:
        InputError: torch.export makes no graph of a network.
        RunError: A small network gives other outputs than the one that it was made of.
    """
    found = iter(points)
    first = next(found)
    batches = batches_of(first.problem)
    members: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as name:
        networks = []
        for one in written_networks(chain([first], found), FORMAT, Path(name), note):
            described = _described(one)
            members[described["file"]] = (one.folder / one.files[0]).read_bytes()
            networks.append(described)
    about = {
        "recipe": RECIPE,
        "problem": first.problem.name,
        "networks": networks,
        "batches": batches,
        "threads": threads,
        "calls": calls,
    }
    members["kit.json"] = json.dumps(about, indent=2).encode()
    arrays = [tensor.numpy() for tensor in inputs_of(first.problem, max(batches)).values()]
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    members["inputs.npz"] = buffer.getvalue()
    return _archive({**_scripts(), **members})


def _described(one: Written) -> dict[str, Any]:
    name = "dense" if one.point is None else str(one.point)
    return {
        "file": f"networks/{name}.onnx",
        "sha256": one.sha256,
        "point": one.point,
        "checkpoint": one.checkpoint,
    }


def _scripts() -> dict[str, bytes]:
    """What runs there, under the names by which it is imported here."""
    found = {"__main__.py": SCRIPT.read_bytes(), "paretocli/__init__.py": b""}
    for name in ("__init__", *BESIDE):
        found[f"paretocli/timing/{name}.py"] = (SOURCES / "timing" / f"{name}.py").read_bytes()
    return found


def _archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            # With the time at which zip archives begin, equal members make equal archives.
            archive.writestr(ZipInfo(name), content, compress_type=ZIP_DEFLATED)
    return buffer.getvalue()
