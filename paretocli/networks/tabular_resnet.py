"""A residual network for tables."""

from collections.abc import Sequence

from torch import Tensor, nn


class TabularResNet(nn.Module):
    """A shared residual network of fully connected layers with batch norm, and heads.

        x_0 = linear(inputs),   x_b = x_{b-1} + linear(rectifier(linear(norm(x_{b-1})))),
        output_t = head_t(rectifier(norm(x_B)))

    Gorishniy, Rubachev, Khrulkov and Babenko, *Revisiting Deep Learning Models for Tabular Data*,
    NeurIPS 2021, without dropout.

    Args:
        inputs: Numbers of a sample.
        width: Of the stream x.
        hidden: Neurons of a block.
        blocks: B.
        outputs: Numbers that each task's head gives.
    """

    def __init__(
        self, inputs: int, width: int, hidden: int, blocks: int, outputs: Sequence[int]
    ) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Flatten(), nn.Linear(inputs, width))
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm1d(width), nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width)
            )
            for _ in range(blocks)
        )
        self.last = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU())
        self.heads = nn.ModuleList(nn.Linear(width, count) for count in outputs)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from inputs (B, …)."""
        stream = self.first(inputs)
        for block in self.blocks:
            stream = stream + block(stream)
        features = self.last(stream)
        return [head(features) for head in self.heads]
