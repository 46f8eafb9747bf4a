"""Losses that follow from means over samples, and are none themselves."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.core.inputs import Several
from paretocli.core.metric import TaskFunction

__all__ = ["LossOfMeans"]


@dataclass(frozen=True)
class LossOfMeans:
    """A loss that compares means over samples, such as those of groups of people.

    The loss of a split is not the mean of its batches' losses, but follows from the means over the
    split, which batches add up to. A step of training has a batch, and takes the means over that.

    Attributes:
        statistics: `(output (B, …), target (B, …)) → (s,)`, means over the batch, differentiable.
            What is to count nowhere, for want of a label or a group, is 0 in them.
        figure: `(…, s) → (…)`, the loss from the statistics' means. NaN where they give none, as
            of a single group: such a batch adds nothing. It is to come from `torch.where` on
            numbers that are finite without it, as its gradient is to be 0.
        size: s.
    """

    statistics: TaskFunction
    figure: Callable[[Tensor], Tensor]
    size: int

    def __call__(self, output: Several, target: Several) -> Tensor:
        """The loss () of a batch; 0 where it has none."""
        return self.of_batch(self.statistics(output, target))

    def of_batch(self, means: Tensor) -> Tensor:
        """The same from its statistics (s,). Those of a broken network stay NaN."""
        found = self.figure(means)
        none = found.isnan() & means.isfinite().all(dim=-1)
        return torch.where(none, 0.0, found)

    def slopes(self, means: Tensor) -> Tensor:
        """The derivatives (K, s) of the losses of K networks at their statistics' means (K, s)."""
        with torch.enable_grad():
            at = means.detach().requires_grad_()
            (found,) = torch.autograd.grad(self.figure(at).sum(), at)
        return found
