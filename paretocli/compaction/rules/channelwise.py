"""Operations on each channel of images by itself."""

import operator
from typing import Any

import torch
from torch import Tensor, fx

from paretocli.compaction.layout import IrregularError, Layout, along, channels
from paretocli.compaction.rules.base import (
    Builder,
    Built,
    Known,
    Rule,
    Wanted,
    applied,
    everything,
    shape_of,
    source_of,
)
from paretocli.compaction.trace import sample_shape

ATEN = torch.ops.aten

# By the axes of an image, beside that of its channels.
POOLING: dict[Any, int] = {
    **dict.fromkeys((ATEN.max_pool1d.default, ATEN.avg_pool1d.default), 1),
    **dict.fromkeys((ATEN.max_pool2d.default, ATEN.avg_pool2d.default), 2),
    **dict.fromkeys((ATEN.max_pool3d.default, ATEN.avg_pool3d.default), 3),
    **{ATEN.adaptive_avg_pool1d.default: 1, ATEN.adaptive_avg_pool2d.default: 2},
    **{ATEN.upsample_bilinear2d.vec: 2, ATEN.upsample_nearest2d.vec: 2},
}
MEAN = ATEN.mean.dim
BATCH_NORM = ATEN._native_batch_norm_legit_no_training.default


class Pooling(Rule):
    """What makes an image of another size from each channel, or one number."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """What comes of known numbers."""
        return applied(node, known[source_of(node)], *node.args[1:], **node.kwargs)

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """The same channels."""
        source = source_of(node)
        yield source, along(channels(mask, 0), 0, shape_of(source))

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The same operation on the channels that are left."""
        new, layout = _by_channel(source_of(node), builder)
        return builder.call(node.target, new, *node.args[1:], **node.kwargs), layout


class BatchNorm(Rule):
    """Batch norm with the statistics of training: a factor and a shift for each channel."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """What comes of known numbers."""
        source, tensors, eps = normalisation(node)
        weight, bias, mean, variance = (None if t is None else known[t] for t in tensors)
        return torch.nn.functional.batch_norm(known[source], mean, variance, weight, bias, eps=eps)

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """The same numbers."""
        source, tensors, _ = normalisation(node)
        yield source, mask
        yield from ((tensor, everything(tensor)) for tensor in tensors if tensor is not None)

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """Batch norm of the channels that are left."""
        source, tensors, eps = normalisation(node)
        new, layout = _by_channel(source, builder)
        weight, bias, mean, variance = (
            None
            if tensor is None
            else builder.tensor(str(tensor.target), _part(tensor, layout, builder))
            for tensor in tensors
        )
        arguments = (new, mean, variance, weight, bias, False, 0.0, eps)
        return builder.call(torch.nn.functional.batch_norm, *arguments), layout


def is_pooling(node: fx.Node) -> bool:
    """Whether a node is of the first kind."""
    source = node.args[0] if node.args else None
    if sample_shape(node) is None or not isinstance(source, fx.Node) or not sample_shape(source):
        return False
    rank = len(shape_of(source)) + 1
    if node.target == MEAN:
        axes: Any = node.args[1]
        return all(axis % rank > 1 for axis in axes)
    # Of images without channels (B, H, W) torch takes B for them.
    return POOLING.get(node.target) == rank - 2 and len(node.all_input_nodes) == 1


def is_batch_norm(node: fx.Node) -> bool:
    """Whether a node is the result of batch norm, with tensors of its own."""
    if node.target is not operator.getitem or sample_shape(node) is None:
        return False
    norm = source_of(node)
    if norm.target != BATCH_NORM or node.args[1] != 0:
        return False
    source, tensors, _ = normalisation(node)
    own = all(tensor is None or tensor.op == "get_attr" for tensor in tensors)
    return own and sample_shape(source) is not None


def normalisation(node: fx.Node) -> tuple[fx.Node, list[Any], Any]:
    """Of the result of batch norm: the input, its four tensors or None, and ε."""
    source, *tensors, _, eps = source_of(node).args
    assert isinstance(source, fx.Node)
    return source, tensors, eps


def _by_channel(source: fx.Node, builder: Builder) -> Built:
    new, layout = builder.built(source)
    if layout is not None and layout.axis != 0:
        raise IrregularError
    return new, layout


def _part(tensor: fx.Node, layout: Layout | None, builder: Builder) -> Tensor:
    whole = builder.known[tensor]
    return whole if layout is None else whole[layout.kept]
