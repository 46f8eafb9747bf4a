"""Sets of labels, each with a number, so that every number of a value can have one."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

NONE, ANY = 0, 1
"""The numbers of the empty set, and of one that has whatever there is."""


class LabelSets:
    """Sets of whole numbers, numbered in the order in which they are first met."""

    def __init__(self) -> None:
        self._sets: list[frozenset[int]] = [frozenset(), frozenset()]
        self._numbers: dict[frozenset[int], int] = {frozenset(): NONE}

    def of(self, labels: Iterable[int]) -> int:
        """The number of a set."""
        members = frozenset(labels)
        if members not in self._numbers:
            self._numbers[members] = len(self._sets)
            self._sets.append(members)
        return self._numbers[members]

    def members(self, number: int) -> frozenset[int]:
        """The labels of a set that is not `ANY`."""
        return self._sets[number]

    def union(self, one: Tensor, other: Tensor) -> Tensor:
        """The unions of two tensors of sets (…), which may be broadcast."""
        base = len(self._sets)
        pairs = (one * base + other).numpy()
        found, places = np.unique(pairs, return_inverse=True)
        unions = [self._both(*divmod(pair, base)) for pair in found.tolist()]
        return torch.tensor(unions)[torch.from_numpy(places).reshape(pairs.shape)]

    def all_of(self, numbers: Tensor) -> int:
        """The union of the sets in a tensor."""
        whole = NONE
        for number in np.unique(numbers.numpy()).tolist():
            whole = self._both(whole, number)
        return whole

    def _both(self, one: int, other: int) -> int:
        if ANY in (one, other):
            return ANY
        if NONE in (one, other) or one == other:
            return max(one, other)
        return self.of(self._sets[one] | self._sets[other])
