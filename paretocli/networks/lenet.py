"""The small LeNet of the papers on fronts of MultiMNIST."""

from collections.abc import Sequence

from torch import Tensor, nn

from paretocli.networks.blocks import FEATURES, fully_connected, shared_block

HIDDEN = 50


class LeNet(nn.Module):
    """Hard parameter sharing of the layers of `hps`, with two layers for each task.

    Two convolutions of 5 × 5 with 10 and 20 channels, each with its pooling by 2, and a layer of 50
    features are shared; each task has 50 neurons of its own and its output. For two tasks of ten
    classes on 28 × 28 pixels that are 27,450 parameters.

    Sener and Koltun, *Multi-Task Learning as Multi-Objective Optimization*, NeurIPS 2018, without
    their dropout, as the code of Dimitriadis, Frossard and Fleuret (ICML 2023) has it. Both were
    checked layer by layer (isl-org/MultiObjectiveOptimization, nik-dim/pamal). The code of COSMOS
    (ruchtem/cosmos) has the same shared layers with one linear layer a task, as `hps` does, for
    images of 36 × 36; that of Pareto MTL and of Pareto hypernetworks (Xi-L/ParetoMTL,
    AvivNavon/pareto-hypernetworks) has these with a first kernel of 9 × 9.

    Args:
        shape: Of one image (C, H, W), of at least 20 × 20 pixels.
        outputs: Numbers that each task's head gives.
    """

    def __init__(self, shape: Sequence[int], outputs: Sequence[int]) -> None:
        super().__init__()
        self.shared = shared_block(shape)
        self.heads = nn.ModuleList(
            nn.Sequential(*fully_connected(FEATURES, HIDDEN), nn.Linear(HIDDEN, count))
            for count in outputs
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """One output (B, outputs_t) a task from images (B, C, H, W)."""
        features = self.shared(images)
        return [head(features) for head in self.heads]
