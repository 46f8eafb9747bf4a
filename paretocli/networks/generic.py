"""The networks that fit any inputs of one tensor: layers that suit its shape, and a head a task."""

from collections.abc import Callable, Sequence

from torch import nn

from paretocli.networks.blocks import (
    FEATURES,
    IMAGE_DIMENSIONS,
    attention_mask,
    fully_connected,
    monitor_block,
    shapes_after,
    shared_block,
    shared_stages,
    size_of_shape,
    with_features,
)
from paretocli.networks.experts import PLE, Extraction, MMoE
from paretocli.networks.hps import HardParameterSharing
from paretocli.networks.mdmtn import MDMTN
from paretocli.networks.mtan_encoder import MTANEncoder
from paretocli.networks.tabular_resnet import TabularResNet

EXPERTS = 4  # of the mixture, shared by all tasks
LAYERED = 2  # shared experts of a level, and experts of each task
WIDTH, HIDDEN, BLOCKS = 64, 128, 2  # of the residual network


def generic_hps(input_shape: Sequence[int], outputs: Sequence[int]) -> HardParameterSharing:
    """Hard parameter sharing for inputs (B, *input_shape) and heads of so many outputs."""
    return HardParameterSharing(shared_block(input_shape), FEATURES, outputs)


def generic_mdmtn(input_shape: Sequence[int], outputs: Sequence[int]) -> MDMTN:
    """The MDMTN for inputs (B, *input_shape) and heads of so many outputs."""
    shared = shared_block(input_shape)
    return MDMTN(shared, [monitor_block(input_shape) for _ in outputs], FEATURES, outputs)


def generic_mtan(input_shape: Sequence[int], outputs: Sequence[int]) -> MTANEncoder:
    """The MTAN for inputs (B, *input_shape) and heads of so many outputs."""
    stages = shared_stages(input_shape)
    shapes = shapes_after(stages, input_shape)
    images = len(shapes[0]) == IMAGE_DIMENSIONS
    widths = [shape[0] for shape in shapes]
    given = [widths[0], *(2 * width for width in widths[1:])]
    attention = [
        [attention_mask(g, width, images=images) for g, width in zip(given, widths, strict=True)]
        for _ in outputs
    ]
    between = shared_stages(input_shape, norm=True)[1:]
    last = with_features([], shapes[-1], FEATURES)
    return MTANEncoder(stages, between, attention, last, FEATURES, outputs)


def generic_mmoe(input_shape: Sequence[int], outputs: Sequence[int]) -> MMoE:
    """Multi-gate mixture of experts for inputs (B, *input_shape) and heads of so many outputs."""
    experts = [shared_block(input_shape) for _ in range(EXPERTS)]
    return MMoE(experts, size_of_shape(input_shape), FEATURES, outputs)


def generic_ple(input_shape: Sequence[int], outputs: Sequence[int]) -> PLE:
    """PLE of two levels for inputs (B, *input_shape) and heads of so many outputs."""

    def level(make: Callable[[], nn.Module], inputs: int, *, last: bool) -> Extraction:
        own = [[make() for _ in range(LAYERED)] for _ in outputs]
        return Extraction([make() for _ in range(LAYERED)], own, inputs, last=last)

    def second() -> nn.Module:
        return nn.Sequential(*fully_connected(FEATURES, FEATURES))

    size = size_of_shape(input_shape)
    levels = [
        level(lambda: monitor_block(input_shape), size, last=False),
        level(second, FEATURES, last=True),
    ]
    return PLE(levels, FEATURES, outputs)


def generic_tabular_resnet(input_shape: Sequence[int], outputs: Sequence[int]) -> TabularResNet:
    """A residual network for inputs (B, *input_shape), flattened, and heads of so many outputs."""
    return TabularResNet(size_of_shape(input_shape), WIDTH, HIDDEN, BLOCKS, outputs)
