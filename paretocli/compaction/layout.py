"""Which part of a value is there, once channels have been taken out."""

from dataclasses import dataclass

import torch
from torch import Tensor


class IrregularError(Exception):
    """What is needed of a value is not all or nothing along one axis."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Some channels of a value (B, …).

    Attributes:
        axis: Of a sample, from 0.
        kept: Which places along it are there (n,), rising.
    """

    axis: int
    kept: Tensor

    def same(self, other: "Layout | None") -> bool:
        """Whether the same part is there."""
        return other is not None and self.axis == other.axis and self.kept.equal(other.kept)

    def mask(self, shape: tuple[int, ...]) -> Tensor:
        """Which numbers of a sample (*shape) are there."""
        lines = torch.zeros(shape[self.axis], dtype=torch.bool)
        lines[self.kept] = True
        return along(lines, self.axis, shape)


def channels(mask: Tensor, axis: int) -> Tensor:
    """For each place along an axis (n,), whether the mask (…) holds anywhere there."""
    return mask.movedim(axis, 0).reshape(mask.shape[axis], -1).any(dim=1)


def along(lines: Tensor, axis: int, shape: tuple[int, ...]) -> Tensor:
    """A mask of a shape that says the same (n,) all over each place along an axis."""
    view = [1] * len(shape)
    view[axis] = -1
    return lines.reshape(view).expand(shape)


def layout_of(mask: Tensor) -> Layout | None:
    """The layout in which just what a mask (…) says is there, None for all.

    Raises:
        IrregularError: There is none.
    """
    if mask.all():
        return None
    for axis in range(mask.dim()):
        lines = channels(mask, axis)
        if along(lines, axis, tuple(mask.shape)).equal(mask):
            return Layout(axis, lines.nonzero().flatten())
    raise IrregularError


def closure(mask: Tensor, axis: int) -> Layout | None:
    """The least layout along an axis in which all is there that a mask says."""
    lines = channels(mask, axis)
    return None if lines.all() else Layout(axis, lines.nonzero().flatten())
