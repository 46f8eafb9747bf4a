"""The Multi-Task Attention Network without a decoder: for outputs that are not images."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class MTANEncoder(nn.Module):
    """A shared body of stages, from whose features each task chooses by soft attention.

        a_1 = h_1(p_1) ⊙ p_1,   a_j = h_j([p_j; f_j(a_{j-1})]) ⊙ p_j,   output = head(g(a_J))

    p_j is what the shared stage j gives, h_j the task's own mask between 0 and 1, and f_j, shared
    by the tasks, brings what the task chose before to the size of p_j. g, shared as well, makes
    features of what it chose last. The decoder of `paretocli.networks.mtan` is left out, as in the
    paper's classification of images; with one layer a stage, attention sees and scales the same
    features.

    Liu, Johns and Davison, *End-to-End Multi-Task Learning with Attention*, CVPR 2019.

    Args:
        stages: The shared stages.
        between: f_2, …, f_J.
        attention: For each task its masks h_1, …, h_J.
        last: g, which gives features (B, F).
        features: F.
        outputs: Numbers that each task's head gives.
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        between: Sequence[nn.Module],
        attention: Sequence[Sequence[nn.Module]],
        last: nn.Module,
        features: int,
        outputs: Sequence[int],
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.between = nn.ModuleList(between)
        self.attention = nn.ModuleList(nn.ModuleList(masks) for masks in attention)
        self.last = last
        self.heads = nn.ModuleList(nn.Linear(features, count) for count in outputs)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from inputs (B, …) of the first stage's shape."""
        passed = []
        for stage in self.stages:
            inputs = stage(inputs)
            passed.append(inputs)
        return [
            head(self.last(self._chosen(list(masks.children()), passed)))
            for masks, head in zip(self.attention, self.heads, strict=True)
        ]

    def _chosen(self, masks: Sequence[nn.Module], passed: Sequence[Tensor]) -> Tensor:
        """The last stage's features that a task has chosen."""
        chosen: Tensor = masks[0](passed[0]) * passed[0]
        for mask, between, given in zip(masks[1:], self.between, passed[1:], strict=True):
            chosen = mask(torch.cat([given, between(chosen)], dim=1)) * given
        return chosen
