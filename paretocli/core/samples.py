"""The data of one split: in memory, or read as it is needed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from paretocli.core.columns import is_frame, of_arrays, of_frame
from paretocli.core.datasets import item_of, refuse_no_dataset
from paretocli.core.inputs import Inputs, Several, all_mapped, mapped, sample_count, tensors_of
from paretocli.core.items import Collate, batch_of, taken_apart
from paretocli.errors import InputError

ROUNDING = 1e-6  # of shares that are meant to sum to 1


@dataclass(frozen=True)
class Samples:
    """One split of the data, held in memory in the form that takes least room.

    Attributes:
        inputs: (N, …), uint8 for images; or a (named) tuple or a dictionary of such tensors.
            `Problem.prepare` makes the network's input of a batch.
        targets: One a task, in the tasks' order: a tensor (N, …), or a (named) tuple or a
            dictionary of such tensors.
    """

    inputs: Inputs
    targets: tuple[Several, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.targets, tuple | list):
            raise InputError(
                "The targets of samples should be a tuple with those of each task, in the tasks' "
                f"order, found {type(self.targets).__name__}."
            )

    def __len__(self) -> int:
        return sample_count(self.inputs)

    def rows(self, rows: slice | Tensor) -> "Samples":
        """Some of the samples."""
        return self._mapped(lambda tensor: tensor[rows])

    def to(self, device: torch.device) -> "Samples":
        """The same samples on another device."""
        return self._mapped(lambda tensor: tensor.to(device))

    @classmethod
    def of(
        cls,
        data: Any,
        targets: Sequence[Any] = (),
        *,
        inputs: Sequence[str] = (),
        collate: Collate | None = None,
    ) -> "Samples":
        """The samples of a data set of torch, of arrays, or of a data frame, taken into memory.

        Numbers in double precision become single, pictures of Pillow (C, H, W). What is too large
        for memory is `LazySamples`.

        Args:
            data: A map-style `Dataset` or a list, whose items are (input, target, …), one target a
                task, (input, (target, …)), or dictionaries; or a data frame of pandas; or inputs
                alone, as arrays or tensors (N, …), with the targets beside them.
            targets: Of a dictionary's keys or a data frame's columns those that are targets, in
                the tasks' order; of inputs alone the arrays of targets (N, …).
            inputs: The keys or columns that are inputs; all others, unless given. Columns become
                one tensor (N, d), several keys a dictionary.
            collate: Makes a batch, of the same form as an item, of a list of all items: what pads
                them where their lengths differ.

        Raises:
            InputError: It is nothing of this kind, or a sample of it is not like the others.
        """
        if is_frame(data):
            return cls(*of_frame(data, targets, inputs))
        if targets is not None and len(targets) and not all(isinstance(t, str) for t in targets):
            return cls(*of_arrays(data, targets))
        refuse_no_dataset(data)
        where = type(data).__name__
        count = len(data)
        items = (item_of(data, row, where) for row in range(count))
        batch = batch_of(items, range(count), where, collate)
        return cls(*taken_apart(batch, where, targets, inputs))

    def split(self, *shares: float, seed: int = 0) -> tuple["Samples", ...]:
        """Random parts of the samples, such as those for training, validation and test.

        Args:
            shares: The size of each part, as a share of all samples.
            seed: The same seed means the same parts.

        Raises:
            InputError: A share is not positive, or they sum to more than 1.
        """
        if not shares or min(shares) <= 0 or sum(shares) > 1 + ROUNDING:
            raise InputError(
                "The shares of a split should be positive and sum to 1 or less, found "
                f"{', '.join(map(str, shares)) or 'none'}."
            )
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        ends = [round(len(self) * sum(shares[:number])) for number in range(len(shares) + 1)]
        return tuple(self.rows(order[first:last]) for first, last in pairwise(ends))

    def _mapped(self, function: Callable[[Tensor], Tensor]) -> "Samples":
        return Samples(mapped(function, self.inputs), all_mapped(function, self.targets))

    def checksum(self) -> str:
        """SHA-256 of inputs and targets."""
        digest = hashlib.sha256()
        named = [*tensors_of(self.inputs).items()]
        for target in self.targets:
            named += tensors_of(target).items()
        for name, tensor in named:
            digest.update(f"{name}{tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(np.ascontiguousarray(tensor.numpy()).data)
        return digest.hexdigest()


class Data(Protocol):
    """One split of the data, of which `rows` are read as they are needed.

    `LazySamples` is one. Where there is a method `batches(rows, seeds)` too, training and
    evaluation call that with the rows of all batches that they will want, in order, so that they
    can be read ahead; it gives one `Samples` after another. `seeds` has a number for each sample of
    a batch, from which it may draw at random, and is None where nothing is to be random.
    """

    def __len__(self) -> int:
        """How many samples there are."""

    def rows(self, rows: slice | Tensor) -> Samples:
        """Some of the samples, on the device of the data."""

    def to(self, device: torch.device) -> "Data":
        """The same samples on another device."""

    def checksum(self) -> str:
        """SHA-256 of what the samples are made of."""
