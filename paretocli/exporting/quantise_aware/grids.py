"""Rounding to the numbers that few bits have, with gradients that pass through it."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

LEVELS = 255  # steps of what is between layers, which is stored as 0 to 255


@dataclass(frozen=True)
class WeightGrid:
    """How a stored tensor is rounded: the largest of its numbers decides the step.

    Attributes:
        axis: That of the channels, each of which has a step; None where there is one for all.
        low: The smallest whole number; 0 where the zero point is not 0, but within the range.
        high: The largest.
        span: Steps between the smallest and the largest of the numbers that are rounded, where
            these are not `low` and `high`.
    """

    axis: int | None
    low: int
    high: int
    span: float | None = None

    @property
    def numbers(self) -> tuple[int | None, int, int, float | None]:
        """All of it."""
        return self.axis, self.low, self.high, self.span


class _Through(torch.autograd.Function):
    """Rounding whose gradient is that of no rounding: the straight-through estimator.

    Bengio, Léonard and Courville, *Estimating or propagating gradients through stochastic neurons
    for conditional computation* (2013).
    """

    @staticmethod
    def forward(values: Tensor) -> Tensor:
        return values.round()

    @staticmethod
    def setup_context(context: Any, inputs: Any, output: Any) -> None:
        """Nothing of the values is needed."""

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return gradient


def rounded(values: Tensor) -> Tensor:
    """The nearest whole numbers, the even one of two; the gradient is that of the values."""
    found: Tensor = _Through.apply(values)
    return found


def on_grid(values: Tensor, start: Tensor, stretch: Tensor) -> Tensor:
    """What is between layers, as eight bits hold it.

    Its range is trained too, as in Jain, Gural, Wu and Dick, *Trained quantization thresholds*
    (2020), by the logarithms of its ends, so that steps of Adam suit ranges of any size:

        low, high = start · exp(stretch),   s = (high − low) / 255,   z = round(−low / s)
        x → s · (clip(round(x / s) + z, 0, 255) − z)

    Args:
        values: x (…).
        start: Its smallest and its largest value at first (2,), not above and not below 0.
        stretch: The logarithms (2,), which are trained.
    """
    low, high = (start * stretch.exp()).unbind()
    step = (high - low) / LEVELS
    zero = rounded(-low / step)
    return (torch.clamp(rounded(values / step) + zero, 0, LEVELS) - zero) * step


def bias_on_grid(
    bias: Tensor, step: Tensor, weight: Tensor, grid: tuple[int | None, int, int, float | None]
) -> Tensor:
    """What is added to sums of products (C,), in the steps that these have.

    Args:
        bias: It.
        step: That of what is multiplied.
        weight: The tensor that it is multiplied by.
        grid: How that is rounded: axis, low, high and span.
    """
    steps, _ = weight_steps(weight, *grid)
    both = step * steps
    return rounded(bias / both) * both


@torch.no_grad()
def step_between(start: Tensor, stretch: Tensor) -> Tensor:
    """The step of what is between layers; the arguments are those of `on_grid`."""
    low, high = (start * stretch.exp()).unbind()
    found: Tensor = (high - low) / LEVELS
    return found


def step_of_rows(
    weight: Tensor, axis: int | None, low: int, high: int, span: float | None = None
) -> Tensor:
    """The step of a stored tensor whose rows are what is multiplied; one for all."""
    return weight_steps(weight, axis, low, high, span)[0]


def weight_on_grid(
    weight: Tensor, axis: int | None, low: int, high: int, span: float | None = None
) -> Tensor:
    """A stored tensor as few bits hold it; the arguments are those of `WeightGrid`."""
    step, zero = weight_steps(weight, axis, low, high, span)
    if axis is None:
        # torch has no types for these two.
        return torch.fake_quantize_per_tensor_affine(weight, step, zero, low, high)  # type: ignore[no-any-return,unused-ignore]  # typed in some torch only
    return torch.fake_quantize_per_channel_affine(weight, step, zero, axis, low, high)  # type: ignore[no-any-return,unused-ignore]  # typed in some torch only


@torch.no_grad()
def weight_steps(
    weight: Tensor, axis: int | None, low: int, high: int, span: float | None = None
) -> tuple[Tensor, Tensor]:
    """The steps and zero points of a stored tensor, as its file has them."""
    rows = weight.reshape(1, -1) if axis is None else weight.movedim(axis, 0).flatten(1)
    least, most = rows.amin(dim=1).clamp(max=0), rows.amax(dim=1).clamp(min=0)
    if low < 0:  # symmetric
        most = torch.maximum(most, -least)
        least = -most
    step = (most - least).double() / (span or high - low)
    step = torch.where(step < torch.finfo(torch.float32).tiny, 1.0, step)
    zero = torch.zeros_like(step) if low < 0 else (low - least / step).round()
    found = step.float(), zero.to(torch.int32)
    return (found[0][0], found[1][0]) if axis is None else found
