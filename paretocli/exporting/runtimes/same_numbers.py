"""Whether two arrays hold the same numbers, in whatever layout."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

import numpy as np


@dataclass(frozen=True, eq=False)
class Sketch:
    """An array, and what tells most arrays apart from others at once.

    Attributes:
        array: It.
        low: Its smallest number, NaN where it has none or one of them is none.
        high: Its largest.
    """

    array: np.ndarray
    low: float
    high: float

    @classmethod
    def of(cls, array: np.ndarray) -> "Sketch":
        """That of an array."""
        if not array.size:
            return cls(array, np.nan, np.nan)
        return cls(array, float(array.min()), float(array.max()))

    @property
    def real(self) -> bool:
        """Whether its numbers are real ones, and not whole ones or truth values."""
        return self.array.dtype.kind == "f"

    @property
    def dispensable(self) -> bool:
        """Whether an operator may do without it: no real numbers, or nothing but 0 or but 1."""
        return not self.real or (self.low == self.high and self.low in (0, 1))


def same_numbers(one: Sketch, other: Sketch, close: float) -> bool:
    """Whether two arrays hold the same numbers, whatever the order of their dimensions.

    Where all numbers of one are equal, the other may have more or fewer of them.

    Args:
        one: The array that is looked for.
        other: What it is compared with.
        close: How far numbers may be apart, relative to the largest of those looked for.
    """
    if one.real != other.real:
        return False
    largest = max((abs(end) for end in (one.low, one.high) if np.isfinite(end)), default=0.0)
    apart = close * largest
    if not _near(one.low, other.low, apart) or not _near(one.high, other.high, apart):
        return False
    if one.low == one.high:
        return True
    if one.array.size != other.array.size:
        return False
    flat = other.array.ravel()
    return any(
        np.allclose(turned.ravel(), flat, rtol=0, atol=apart, equal_nan=True)
        for turned in _turned(one.array, other.array.shape)
    )


def _near(one: float, other: float, apart: float) -> bool:
    return bool(np.isclose(one, other, rtol=0, atol=apart, equal_nan=True))


def _turned(array: np.ndarray, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """An array, and its transposes that have a shape."""
    yield array
    if sorted(array.shape) == sorted(shape):
        for order in permutations(range(array.ndim)):
            turned = array.transpose(order)
            if turned.shape == shape:
                yield turned
