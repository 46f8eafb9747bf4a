"""The images of a folder as samples: in memory, or read as they are needed."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from paretocli.core.in_order import Rows
from paretocli.core.items import Parts
from paretocli.core.problem import Data, Samples
from paretocli.problems.image_files import Form, Pixels, content_of, decoded, each
from paretocli.reading.ahead import WORKERS, read_ahead
from paretocli.reading.placing import placed
from paretocli.reading.requests import Begun

CPU = torch.device("cpu")
MOST_HELD = 1 / 16  # of the machine's memory; workers get copies
AT_ONCE = 256  # files that are looked through together
UNKNOWN_MEMORY = 2**33


@dataclass(frozen=True)
class HeldImages(Samples):
    """Images in memory, which are known by the files that they come from.

    Attributes:
        digest: SHA-256 of these and of their targets.
    """

    digest: str

    def checksum(self) -> str:
        """SHA-256 of the files and of the targets."""
        return self.digest


@dataclass(frozen=True)
class ImagesRead:
    """Images whose files are read and decoded a batch at a time.

    A batch has the images uint8 (B, C, H, W) as inputs. In training and evaluation, processes read
    the next batches ahead; how many there are changes no number. Sent to another machine, images
    are read there, from the same paths.

    Attributes:
        paths: The files (N,).
        form: What they are brought to.
        targets: One tensor (N,) a task.
        digest: SHA-256 of the files and of their targets.
        device: Where batches go.
        workers: Processes that read ahead; 0 for none.
    """

    paths: tuple[Path, ...]
    form: Form
    targets: tuple[Tensor, ...]
    digest: str
    device: torch.device = CPU
    workers: int = WORKERS

    def __len__(self) -> int:
        return len(self.paths)

    def rows(self, rows: Rows) -> Samples:
        """Read some of the images, here, onto the device.

        Raises:
            InputError: A file is not there any more, or is no image.
        """
        return placed(self.read(self._numbers(rows)), self.device)

    def batches(self, rows: Sequence[Rows], seeds: Sequence[Tensor] | None) -> Iterator[Samples]:
        """Batches of rows, one after another, read ahead; nothing is drawn from the seeds.

        Raises:
            InputError: A file is not there any more, or is no image.
            RunError: A process that reads has died.
        """
        read = read_ahead(
            self.read,
            [(self._numbers(batch), None) for batch in rows],
            workers=self.workers,
            pinned=self.device.type == "cuda",
            where="the images",
        )
        for batch in read:
            yield placed(batch, self.device)

    def read(
        self, numbers: list[int], seeds: list[int] | None = None, begun: Begun | None = None
    ) -> Parts:
        """A batch on the CPU.

        Args:
            numbers: Which images.
            seeds: Nothing is drawn at random.
            begun: Not called, as several images are read at a time.
        """
        paths = [self.paths[number] for number in numbers]
        batch = np.empty((len(paths), *self.form.shape), dtype=np.uint8)
        images = each(lambda path: decoded(content_of(path), path, self.form), paths)
        for place, pixels in enumerate(images):
            batch[place] = pixels
        places = torch.tensor(numbers, dtype=torch.long)
        return torch.from_numpy(batch), tuple(target[places] for target in self.targets)

    def read_by(self, workers: int) -> "ImagesRead":
        """The same images, read by so many processes."""
        return replace(self, workers=workers)

    def to(self, device: torch.device) -> "ImagesRead":
        """The same images, whose batches go to another device."""
        return replace(self, device=device)

    def checksum(self) -> str:
        """SHA-256 of the files, as they were when the problem was made, and of the targets."""
        return self.digest

    def _numbers(self, rows: Rows) -> list[int]:
        found = rows if isinstance(rows, Tensor) else torch.arange(len(self))[rows]
        numbers: list[int] = found.tolist()
        return numbers


@dataclass(frozen=True, eq=False)
class LookedThrough:
    """All images of a folder, read once.

    Attributes:
        paths: The files (N,).
        form: What they are brought to.
        digests: SHA-256 of each.
        pixels: uint8 (N, C, H, W), None where they are too many to hold.
        levels: How often each channel of the training images has each level (C, 256).
    """

    paths: tuple[Path, ...]
    form: Form
    digests: tuple[str, ...]
    pixels: Pixels | None
    levels: npt.NDArray[np.int64]

    def samples(self, rows: npt.NDArray[np.int64], targets: Sequence[Tensor]) -> Data:
        """Some of the images.

        Args:
            rows: Which.
            targets: One tensor (N,) a task, of all images.
        """
        places = torch.from_numpy(rows)
        some = tuple(target[places] for target in targets)
        digest = hashlib.sha256(repr(self.form).encode())
        for row in rows:
            digest.update(self.digests[row].encode())
        for target in some:
            digest.update(f"{target.dtype}".encode())
            digest.update(np.ascontiguousarray(target.numpy()).data)
        if self.pixels is not None:
            return HeldImages(torch.from_numpy(self.pixels[rows]), some, digest.hexdigest())
        paths = tuple(self.paths[row] for row in rows)
        return ImagesRead(paths, self.form, some, digest.hexdigest())


def look_through(
    paths: Sequence[Path], form: Form, training: npt.NDArray[np.int64], room: int
) -> LookedThrough:
    """Read all images, and hold them if there is room.

    Args:
        paths: The files.
        form: What they are brought to.
        training: Which of them are for training.
        room: Bytes that they may take.

    Raises:
        InputError: One cannot be read.
    """
    held = len(paths) * int(np.prod(form.shape)) <= room
    pixels = np.empty((len(paths), *form.shape), dtype=np.uint8) if held else None
    levels = np.zeros((form.shape[0], 256), dtype=np.int64)
    trained = np.isin(np.arange(len(paths)), training)
    digests: list[str] = []

    def read(path: Path) -> tuple[str, Pixels]:
        content = content_of(path)
        return hashlib.sha256(content).hexdigest(), decoded(content, path, form)

    for start in range(0, len(paths), AT_ONCE):
        for place, (digest, image) in enumerate(each(read, paths[start : start + AT_ONCE]), start):
            digests.append(digest)
            if pixels is not None:
                pixels[place] = image
            if trained[place]:
                levels += [np.bincount(channel.ravel(), minlength=256) for channel in image]
    return LookedThrough(tuple(paths), form, tuple(digests), pixels, levels)


def room_for_images() -> int:
    """Bytes of this machine's memory that images may take; what comes of a sweep is the same."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # not every system says
        memory = UNKNOWN_MEMORY
    return int(MOST_HELD * memory)
