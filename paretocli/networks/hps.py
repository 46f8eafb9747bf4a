"""Hard parameter sharing: one body, a head for each task."""

from collections.abc import Sequence

from torch import Tensor, nn

from paretocli.networks.blocks import FEATURES, shared_block


class HardParameterSharing(nn.Module):
    """A shared block followed by a linear head for each task.

    Caruana, *Multitask Learning*, Machine Learning 28 (1997).

    Args:
        input_shape: Shape of one input.
        outputs: Numbers that each task's head gives.
    """

    def __init__(self, input_shape: Sequence[int], outputs: Sequence[int]) -> None:
        super().__init__()
        self.shared = shared_block(input_shape)
        self.heads = nn.ModuleList(nn.Linear(FEATURES, count) for count in outputs)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from inputs (B, *input_shape)."""
        features = self.shared(inputs)
        return [head(features) for head in self.heads]
