"""The networks of points as files, ready to be timed."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.core.as_used import AsUsed, raw_inputs
from paretocli.core.outputs import flat, output_names
from paretocli.core.problem import Problem
from paretocli.errors import RunError
from paretocli.exporting.formats import EXACT, FORMATS
from paretocli.exporting.plain import WEIGHTS, write_plain
from paretocli.exporting.point import SolvedPoint
from paretocli.exporting.source import identifier, python_source
from paretocli.run_directory.networks import checkpoint_of

SAMPLES = 2  # that a network is traced with, and outputs are compared on
TORCH = "torch"
"""The format of networks as plain modules of PyTorch, which `export` writes in any case."""

Function = Callable[..., Any]  # of the inputs' tensors, in order


@dataclass(frozen=True, eq=False)
class Written:
    """A network as files.

    Attributes:
        folder: Where they are.
        files: Their names.
        opened: Reads it, to be computed with so many threads.
        point: Whose small network it is; None for a network as it was trained.
        checkpoint: SHA-256 of the file of the network that it was made of.
    """

    folder: Path
    files: tuple[str, ...]
    opened: Callable[[int], Function]
    point: int | None
    checkpoint: str

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum((self.folder / file).stat().st_size for file in self.files)

    @property
    def sha256(self) -> str:
        """Of their content, one after the other."""
        found = hashlib.sha256()
        for file in self.files:
            found.update((self.folder / file).read_bytes())
        return found.hexdigest()


def inputs_of(problem: Problem, size: int) -> dict[str, Tensor]:
    """Raw inputs (`size`, …) of test samples, by names that do for arguments."""
    inputs = raw_inputs(problem, size)
    return {identifier(name, "inputs"): tensor for name, tensor in inputs.items()}


def written_networks(
    points: Iterable[SolvedPoint], form: str, folder: Path, note: Callable[[str], None]
) -> Iterator[Written]:
    """Write the small networks of points, and first the dense one that the first was made of.

    Args:
        points: At least one.
        form: One of `FORMATS`, or `torch`.
        folder: An empty one.
        note: Is told whose turn it is.

    Raises:
        InputError: torch.export makes no graph of a network.
        RunError: A small network gives other outputs than the one that it was made of.
    """
    for solved in points:
        point = solved.record["point"]
        note(f"Making point {point} small")
        dense = AsUsed(solved.problem, solved.network).eval()
        few = inputs_of(solved.problem, SAMPLES)
        with torch.no_grad():
            outputs = dense.by_task(*few.values())
        names = output_names(dense.names, outputs)
        checkpoint = checkpoint_of(solved.directory, solved.record)
        graph = trace(dense, few, f"of problem {solved.problem.name}")
        if not any(folder.iterdir()):
            place = folder / "dense"
            place.mkdir()
            (place / WEIGHTS).write_bytes(solved.file.read_bytes())
            yield _written(dense, names, few, form, place, None, checkpoint)
        place = folder / str(point)
        place.mkdir()
        small = compact_network(graph)
        shapes = {
            name: tuple(one.shape[1:]) for name, one in zip(names, flat(outputs), strict=True)
        }
        inputs = {name: str(tuple(tensor.shape)) for name, tensor in few.items()}
        source = python_source(small, f"Point {point}, to be timed.", inputs, shapes)
        plain = write_plain(small, source, place)
        found = _written(plain, names, few, form, place, point, checkpoint)
        tolerance = EXACT if form == TORCH else FORMATS[form].tolerance
        given = found.opened(1)(*few.values())
        _refuse_difference(point, names, flat(outputs), given, tolerance)
        yield found


def _written(
    network: nn.Module,
    names: Sequence[str],
    few: Mapping[str, Tensor],
    form: str,
    folder: Path,
    point: int | None,
    checkpoint: str,
) -> Written:
    if form == TORCH:
        return Written(folder, (WEIGHTS,), lambda threads: network, point, checkpoint)
    kind = FORMATS[form]
    kind.write(network, names, few, folder)
    timed = kind.timed
    if timed is None:
        return Written(folder, kind.files, lambda threads: kind.read(folder), point, checkpoint)
    return Written(folder, kind.files, lambda threads: timed(folder, threads), point, checkpoint)


def _refuse_difference(
    point: int,
    names: Sequence[str],
    expected: Sequence[Tensor],
    found: Sequence[Any],
    tolerance: float,
) -> None:
    """Refuse outputs (B, …) of a small network that are not those of the large one."""
    for name, one, other in zip(names, expected, found, strict=True):
        finite = one[one.isfinite()].abs()
        allowed = tolerance * max(1.0, float(finite.max()) if finite.numel() else 0.0)
        if not torch.allclose(one, torch.as_tensor(other), rtol=0, atol=allowed, equal_nan=True):
            raise RunError(
                f"The small network of point {point} gives other outputs of task {name} than the "
                "one that it was made of; nothing was measured. This is a fault of the program: "
                "please report it with the network."
            )
