"""The Multi-Task Attention Network."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor, nn

from paretocli.networks.segnet import Passed, SegNet, Stages, convolved, head


class MTAN(nn.Module):
    """A shared SegNet, from whose features each task chooses by soft attention at every stage.

        encoder:   â = h([s; a]) ⊙ p,          and pool(f(â)) is the a of the next stage
        decoder:   â = h([s; f(up(a))]) ⊙ p,   and â is the a of the next stage

    s and p are what the shared stage sees and what it gives last
    (`paretocli.networks.segnet.Passed`); at the first stage there is no a. h is the task's own: two
    convolutions 1 × 1 with batch norm, the first followed by a rectifier, the second by a sigmoid.
    f is shared by the tasks: a convolution 3 × 3 with batch norm and a rectifier. up enlarges
    bilinearly.

    Liu, Johns and Davison, *End-to-End Multi-Task Learning with Attention*, CVPR 2019.

    Args:
        stages: Those of the SegNet.
        outputs: Channels that each task's head gives.
    """

    def __init__(self, stages: Stages, outputs: Sequence[int]) -> None:
        super().__init__()
        self.shared = SegNet(stages)
        widths = [width for width, _ in stages]
        # Channels of s and of p in the decoder's stages; in those of the encoder both are the width
        seen, last = widths[::-1], [*widths[-2::-1], widths[0]]
        self.attention = nn.ModuleList(
            nn.ModuleList(
                [
                    _mask(widths[0], widths[0]),
                    *(_mask(2 * width, width) for width in widths[1:]),
                    *(_mask(2 * s, p) for s, p in zip(seen, last, strict=True)),
                ]
            )
            for _ in outputs
        )
        after = [*widths[1:], widths[-1]]
        self.down = nn.ModuleList(convolved(s, a) for s, a in zip(widths, after, strict=True))
        self.up = nn.ModuleList(convolved(s, s) for s in seen)
        self.heads = nn.ModuleList(head(widths[0], count) for count in outputs)

    def forward(self, images: Tensor) -> list[Tensor]:
        """One output (B, outputs_t, H, W) a task from images (B, 3, H, W)."""
        passed = self.shared.passes(images)
        return [
            head(self._attended(list(masks.children()), passed))
            for masks, head in zip(self.attention, self.heads, strict=True)
        ]

    def _attended(self, masks: Sequence[nn.Module], passed: Sequence[Passed]) -> Tensor:
        """The features (B, width of the finest stage, H, W) that a task has chosen."""
        depth = len(self.down)
        chosen: Tensor
        first, *encoder = passed[:depth]
        chosen = masks[0](first.seen) * first.last
        for mask, down, stage in zip(masks[1:depth], self.down[:-1], encoder, strict=True):
            beside = F.max_pool2d(down(chosen), 2)
            chosen = mask(torch.cat([stage.seen, beside], dim=1)) * stage.last
        chosen = F.max_pool2d(self.down[-1](chosen), 2)
        for mask, up, stage in zip(masks[depth:], self.up, passed[depth:], strict=True):
            enlarged = F.interpolate(chosen, size=stage.seen.shape[-2:], mode="bilinear")
            chosen = mask(torch.cat([stage.seen, up(enlarged)], dim=1)) * stage.last
        return chosen


def _mask(given: int, made: int) -> nn.Sequential:
    """Shares (B, made, H, W) between 0 and 1 from features (B, given, H, W)."""
    return nn.Sequential(
        convolved(given, made, kernel=1),
        nn.Conv2d(made, made, 1, bias=False),
        nn.BatchNorm2d(made),
        nn.Sigmoid(),
    )
