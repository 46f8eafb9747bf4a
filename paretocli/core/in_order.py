"""Data read in a known order, so that what comes next can be read before it is wanted."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from paretocli.core.samples import Data, Samples

Rows = slice | Tensor


@runtime_checkable
class ReadAhead(Protocol):
    """Data that is told the order in which it will be read."""

    def batches(self, rows: Sequence[Rows], seeds: Sequence[Tensor] | None) -> Iterator[Samples]:
        """Batches of rows, one after another, as `in_order` asks for them."""


@runtime_checkable
class ReadByProcesses(Protocol):
    """Data that may be read by processes of their own, ahead of whoever wants it."""

    def read_by(self, workers: int) -> Data:
        """The same samples, read by so many processes; 0 for none."""


def in_order(
    data: Data, rows: Sequence[Rows], seeds: Sequence[Tensor] | None = None
) -> Iterator[Samples]:
    """Batches of rows, one after another.

    Args:
        data: A split.
        rows: Which samples each batch has, on any device.
        seeds: A number for each sample of each batch (B,), from which it draws what is random in
            training; None where nothing is to be random.
    """
    if isinstance(data, ReadAhead):
        yield from data.batches(rows, seeds)
        return
    for batch in rows:
        yield data.rows(batch)


def parts_in_order(data: Data, size: int) -> Iterator[tuple[int, Samples]]:
    """All of a split in batches, with the number of the first sample of each.

    Args:
        data: The split.
        size: Samples a batch; the last has what is left.
    """
    starts = range(0, len(data), size)
    read = in_order(data, [slice(start, start + size) for start in starts])
    yield from zip(starts, read, strict=True)


@dataclass(frozen=True)
class Part:
    """Some of the rows of data that is read as it is needed.

    Attributes:
        whole: The data.
        numbers: Which of its rows (n,).
    """

    whole: Data
    numbers: Tensor

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, rows: Rows) -> Samples:
        """Some of the samples, on the device of the data."""
        return self.whole.rows(self._numbers(rows))

    def batches(self, rows: Sequence[Rows], seeds: Sequence[Tensor] | None) -> Iterator[Samples]:
        """Batches of rows, one after another, as `in_order` asks for them."""
        return in_order(self.whole, [self._numbers(batch) for batch in rows], seeds)

    def read_by(self, workers: int) -> "Part":
        """The same samples, read by so many processes where the whole can be."""
        return replace(self, whole=read_by(self.whole, workers))

    def to(self, device: torch.device) -> "Part":
        """The same samples on another device."""
        return replace(self, whole=self.whole.to(device))

    def checksum(self) -> str:
        """SHA-256 of that of the whole and of which rows these are."""
        digest = hashlib.sha256(self.whole.checksum().encode())
        digest.update(self.numbers.numpy().tobytes())
        return digest.hexdigest()

    def _numbers(self, rows: Rows) -> Tensor:
        return self.numbers[rows.cpu() if isinstance(rows, Tensor) else rows]


def read_by(data: Data, workers: int) -> Data:
    """The same samples, read by so many processes; as they are where none read them."""
    return data.read_by(workers) if isinstance(data, ReadByProcesses) else data


def by_processes(data: Data) -> bool:
    """Whether processes may read it."""
    return by_processes(data.whole) if isinstance(data, Part) else isinstance(data, ReadByProcesses)


def part_of(data: Data, rows: Rows) -> Data:
    """Some of the rows of a split: in memory where that is, and else still to be read."""
    if isinstance(data, Samples):
        return data.rows(rows)
    return Part(data, torch.arange(len(data))[rows])
