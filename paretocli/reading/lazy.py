"""Data sets whose items are read as they are needed."""

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from paretocli.core.datasets import first_line, item_of, refuse_no_dataset
from paretocli.core.in_order import Rows
from paretocli.core.items import Collate, Parts, batch_of, taken_apart
from paretocli.core.samples import Samples
from paretocli.errors import InputError
from paretocli.reading.ahead import WORKERS, read_ahead
from paretocli.reading.chance import draw_from, own_chance
from paretocli.reading.placing import placed
from paretocli.reading.requests import Begun, Request

CPU = torch.device("cpu")
CHECKED = 64  # items that a checksum covers


@dataclass(frozen=True)
class LazySamples:
    """One split of the data, whose items are read as they are needed.

    In training and evaluation, processes read the next batches of an epoch ahead, in its order. How
    many there are changes no number. What an item draws at random, from the global generators of
    torch, numpy or Python, goes in training by the seed, the epoch and the item's place in it, so
    that it is another one each time it is seen; everywhere else it goes by the item's number.

    Attributes:
        dataset: A map-style `Dataset`, or whatever has `__len__` and `__getitem__`, whose items
            are (input, target, …), one target a task, (input, (target, …)), or dictionaries.
        targets: Of a dictionary's keys those that are targets, in the tasks' order.
        inputs: The keys that are inputs; all others, unless given.
        augment: Changes an item at random, `item → item`, in training alone: those of
            `torchvision.transforms.v2` do, and change what is a `tv_tensors.Mask` along with its
            image. `Problem.augment` changes whole batches, on the device.
        collate: Makes a batch, of the same form as an item, of a list of items: what pads them
            where their lengths differ. Unless given, equal shapes are stacked.
        workers: Processes that read ahead; 0 for none.
        version: Anything that tells one state of the data from another, for the checksum.
        device: Where batches go.
    """

    dataset: Any
    targets: Sequence[str] = ()
    inputs: Sequence[str] = ()
    augment: Callable[[Any], Any] | None = None
    collate: Collate | None = None
    workers: int = WORKERS
    version: str = ""
    device: torch.device = CPU

    def __post_init__(self) -> None:
        refuse_no_dataset(self.dataset)
        if self.workers < 0:
            raise InputError(f"There should be 0 workers or more, found workers={self.workers}.")

    def __len__(self) -> int:
        return len(self.dataset)

    def rows(self, rows: Rows) -> Samples:
        """Read some of the items, here, onto the device."""
        (batch,) = self._read([(self._numbers(rows), None)])
        return placed(batch, self.device)

    def batches(self, rows: Sequence[Rows], seeds: Sequence[Tensor] | None) -> Iterator[Samples]:
        """Batches of rows, one after another, read ahead; with `augment` where there are seeds."""
        numbers = [self._numbers(batch) for batch in rows]
        drawn = [None] * len(numbers) if seeds is None else [batch.tolist() for batch in seeds]
        requests = list(zip(numbers, drawn, strict=True))
        # Ended early, it ends its processes: Python below 3.12.4 would not see to that by itself.
        with closing(self._read(requests)) as read:
            for batch in read:
                yield placed(batch, self.device)

    def read_by(self, workers: int) -> "LazySamples":
        """The same samples, read by so many processes."""
        return replace(self, workers=workers)

    def to(self, device: torch.device) -> "LazySamples":
        """The same samples, whose batches go to another device."""
        return replace(self, device=device)

    def checksum(self) -> str:
        """SHA-256 of how many items there are, of `version`, and of 64 items spread over them all.

        What changes in other items is not seen: give `version`. Where the data set has a function
        `checksum` of its own, it is that.
        """
        return self._checksum

    def read(self, numbers: list[int], seeds: list[int] | None, begun: Begun) -> Parts:
        """A batch on the CPU.

        Args:
            numbers: Which items.
            seeds: What each draws from; None where nothing is to be augmented.
            begun: Called with the number of each item before it is read.

        Raises:
            InputError: An item cannot be read, or they make no batch.
        """
        with own_chance():
            items = (
                self._item(number, None if seeds is None else seeds[place], begun)
                for place, number in enumerate(numbers)
            )
            batch = batch_of(items, numbers, self._name, self.collate)
        return taken_apart(batch, self._name, self.targets, self.inputs)

    @property
    def _name(self) -> str:
        return f"the data set {type(self.dataset).__name__}"

    @cached_property
    def _checksum(self) -> str:
        own = getattr(self.dataset, "checksum", None)
        if callable(own):
            return str(own())
        digest = hashlib.sha256(f"{len(self)} {self.version} ".encode())
        for row in dict.fromkeys(torch.linspace(0, len(self) - 1, CHECKED).round().int().tolist()):
            (parts,) = self._read([([row], None)])
            digest.update(Samples(*parts).checksum().encode())
        return digest.hexdigest()

    def _read(self, requests: Sequence[Request]) -> Generator[Parts, None, None]:
        return read_ahead(
            self.read,
            requests,
            workers=self.workers,
            pinned=self.device.type == "cuda",
            where=self._name,
        )

    def _item(self, number: int, seed: int | None, begun: Begun) -> Any:
        begun(number)
        draw_from(number if seed is None else seed)
        item = item_of(self.dataset, number, self._name)
        if seed is None or self.augment is None:
            return item
        try:
            return self.augment(item)
        except Exception as error:  # whatever a function of somebody's own raises
            raise InputError(
                f"augment failed on sample {number} of {self._name} with {type(error).__name__}: "
                f"{first_line(error)}; mend it."
            ) from error

    def _numbers(self, rows: Rows) -> list[int]:
        if isinstance(rows, slice):
            return list(range(len(self)))[rows]
        return [int(row) for row in rows.tolist()]
