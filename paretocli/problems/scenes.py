"""Scenes as data that is read as it is needed."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from paretocli.core.problem import Samples
from paretocli.problems.scene_files import KINDS, Part, check_values, read

CPU = torch.device("cpu")
TARGETS = ("label", "depth", "normal")


@dataclass(frozen=True)
class Scenes:
    """Some scenes of a part of a scene data set, whose files are read a batch at a time.

    A batch has the images (B, 3, H, W) as inputs; its targets are labels (B, H, W), whole numbers,
    depths (B, 1, H, W) in metres and normals (B, 3, H, W). All but labels are in single precision.
    Sent to another machine, they are read there, from the same path.

    Attributes:
        part: Where the files lie.
        numbers: Which scenes these are.
        device: Where batches go.
    """

    part: Part
    numbers: tuple[str, ...]
    device: torch.device = CPU

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, rows: slice | Tensor) -> Samples:
        """Read some of the scenes, onto the device."""
        if isinstance(rows, Tensor):
            numbers = [self.numbers[row] for row in rows.tolist()]
        else:
            numbers = list(self.numbers[rows])
        return Samples(
            self._batch("image", numbers), tuple(self._batch(kind, numbers) for kind in TARGETS)
        )

    def to(self, device: torch.device) -> "Scenes":
        """The same scenes, whose batches go to another device."""
        return replace(self, device=device)

    def checksum(self) -> str:
        """SHA-256 of the content of all files, scene by scene.

        As all is read anyway, this is where values are looked at, once before a sweep.

        Raises:
            InputError: A file holds numbers that are not finite, or labels that are no classes.
        """
        digest = hashlib.sha256()
        for number in self.numbers:
            for kind in KINDS:
                path = self.part.file(kind, number)
                digest.update(f"{kind} {number} ".encode())
                digest.update(path.read_bytes())
                check_values(kind, path, read(path))
        return digest.hexdigest()

    def _batch(self, kind: str, numbers: list[str]) -> Tensor:
        """Arrays of one kind, with the channels first."""
        shape = (len(numbers), *self.part.size, *KINDS[kind].channels)
        batch = np.empty(shape, dtype=np.int64 if kind == "label" else np.float32)
        for scene, number in zip(batch, numbers, strict=True):
            scene[...] = read(self.part.file(kind, number))
        tensor = torch.from_numpy(batch).to(self.device)
        return tensor if kind == "label" else tensor.movedim(-1, 1)
