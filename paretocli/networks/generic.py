"""The networks that fit any inputs of one tensor: layers that suit its shape, and a head a task."""

from collections.abc import Sequence

from paretocli.networks.blocks import (
    FEATURES,
    IMAGE_DIMENSIONS,
    attention_mask,
    monitor_block,
    shapes_after,
    shared_block,
    shared_stages,
    with_features,
)
from paretocli.networks.hps import HardParameterSharing
from paretocli.networks.mdmtn import MDMTN
from paretocli.networks.mtan_encoder import MTANEncoder


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
