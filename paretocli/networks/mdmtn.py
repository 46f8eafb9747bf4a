"""The Monitored Deep Multi-Task Network."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class MDMTN(nn.Module):
    """A shared block and, for each task, a monitor on the raw input.

        z_t = α_t0 · shared(x) + α_t1 · monitor_t(x),   output_t = head_t(z_t)

    The monitors catch what is particular to a task, so that the shared block can shrink. α is
    learned, from (1, 0).

    Hotegni, Berkemeier and Peitz (2024), section IV.

    Args:
        shared: Gives features (B, F) for all tasks.
        monitors: For each task, a block of its own that gives features (B, F).
        features: F.
        outputs: Numbers that each task's head gives.
    """

    def __init__(
        self,
        shared: nn.Module,
        monitors: Sequence[nn.Module],
        features: int,
        outputs: Sequence[int],
    ) -> None:
        super().__init__()
        self.shared = shared
        self.monitors = nn.ModuleList(monitors)
        self.heads = nn.ModuleList(nn.Linear(features, count) for count in outputs)
        self.alpha = nn.Parameter(torch.tensor([[1.0, 0.0]] * len(outputs)))

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from inputs (B, …) of the blocks' shape."""
        shared = self.shared(inputs)
        return [
            head(mix[0] * shared + mix[1] * monitor(inputs))
            for head, monitor, mix in zip(self.heads, self.monitors, self.alpha, strict=True)
        ]
