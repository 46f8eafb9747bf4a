"""Hard parameter sharing: one body, a head for each task."""

from collections.abc import Sequence

from torch import Tensor, nn


class HardParameterSharing(nn.Module):
    """A shared block followed by a linear head for each task.

    Caruana, *Multitask Learning*, Machine Learning 28 (1997).

    Args:
        shared: Gives features (B, F) for all tasks.
        features: F.
        outputs: Numbers that each task's head gives.
    """

    def __init__(self, shared: nn.Module, features: int, outputs: Sequence[int]) -> None:
        super().__init__()
        self.shared = shared
        self.heads = nn.ModuleList(nn.Linear(features, count) for count in outputs)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from inputs (B, …) of the shared block's shape."""
        features = self.shared(inputs)
        return [head(features) for head in self.heads]
