"""Operations on each number by itself, or on numbers of several values at the same place."""

from typing import Any

import torch
from torch import Tensor, fx

from paretocli.compaction.layout import Layout, closure, layout_of
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

# One number in, one number out; NaN gives NaN.
POINTWISE = (
    *(ATEN.relu.default, ATEN.leaky_relu.default, ATEN.elu.default, ATEN.gelu.default),
    *(ATEN.silu.default, ATEN.softplus.default, ATEN.sigmoid.default, ATEN.tanh.default),
    *(ATEN.hardtanh.default, ATEN.clamp.default, ATEN.exp.default, ATEN.neg.default),
    *(ATEN.abs.default, ATEN.pow.Tensor_Scalar, ATEN.hardswish.default),
    *(ATEN.add.Scalar, ATEN.sub.Scalar, ATEN.mul.Scalar, ATEN.div.Scalar),
)
COMBINING = (
    *(ATEN.add.Tensor, ATEN.sub.Tensor, ATEN.mul.Tensor, ATEN.div.Tensor),
    *(ATEN.maximum.default, ATEN.minimum.default),
)


class Pointwise(Rule):
    """One number in, one number out."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """What comes of known numbers."""
        return applied(node, known[source_of(node)], *node.args[1:], **node.kwargs)

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """The same numbers."""
        return [(source_of(node), mask)]

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The same operation on what is left."""
        new, layout = builder.built(source_of(node))
        return builder.call(node.target, new, *node.args[1:], **node.kwargs), layout


class Combining(Rule):
    """Numbers of several tensors at the same place, which may be broadcast."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """What comes of known numbers."""
        arguments = fx.node.map_arg(node.args, known.__getitem__)
        return applied(node, *arguments, **node.kwargs)

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """The same numbers; of a value that is broadcast, what serves any of them."""
        for source in node.all_input_nodes:
            shape = sample_shape(source)
            yield source, everything(source) if shape is None else _reduced(mask, shape)

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The same operation on what is needed of each value."""
        layout = self._layout(node, builder)
        new = {source: _taken(source, node, layout, builder) for source in node.all_input_nodes}
        arguments = fx.node.map_arg(node.args, new.__getitem__)
        return builder.call(node.target, *arguments, **node.kwargs), layout

    def _layout(self, node: fx.Node, builder: Builder) -> Layout | None:
        """What the values have in common, or what is needed of them."""
        layouts = [
            builder.built(source)[1]
            for source in node.all_input_nodes
            if sample_shape(source) == shape_of(node)
        ]
        first = layouts[0] if layouts else None
        if first is not None and all(first.same(layout) for layout in layouts):
            if all(_has(source, node, first, builder) for source in node.all_input_nodes):
                return first
            return closure(builder.needed[node], first.axis)
        axes = {layout.axis for layout in layouts if layout is not None}
        mask = builder.needed[node]
        return closure(mask, axes.pop()) if len(axes) == 1 else layout_of(mask)


def _has(source: fx.Node, node: fx.Node, layout: Layout, builder: Builder) -> bool:
    """Whether all of a layout of the result is there of an operand that is broadcast to it.

    What makes a gate, say, may have less than what it is multiplied with, which is needed for more.
    """
    shape = sample_shape(source)
    if shape is None or shape == shape_of(node) or not builder.known[source].isnan().any():
        return True
    axis = layout.axis - len(shape_of(node)) + len(shape)
    if axis < 0 or shape[axis] == 1:
        return True
    there = builder.built(source)[1]
    return there is None or Layout(axis, layout.kept).same(there)


def _taken(source: fx.Node, node: fx.Node, layout: Layout | None, builder: Builder) -> fx.Node:
    """Of an operand, which may be broadcast, the part that goes with a layout of the result."""
    shape = sample_shape(source)
    sides = tuple(builder.known[source].shape) if shape is None else shape
    if layout is None:
        return builder.take(source, None)
    # Shapes are aligned at their ends.
    axis = layout.axis - len(shape_of(node)) + len(sides)
    if axis < 0 or sides[axis] == 1:
        return builder.take(source, None)
    if shape is not None:
        return builder.take(source, Layout(axis, layout.kept))
    return builder.tensor(str(source.target), builder.known[source].index_select(axis, layout.kept))


def _reduced(mask: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Of a mask, what concerns a value of a shape that was broadcast to it."""
    while mask.dim() > len(shape):
        mask = mask.any(dim=0)
    for axis, side in enumerate(shape):
        if side == 1:
            mask = mask.any(dim=axis, keepdim=True)
    return mask


def is_combining(node: fx.Node) -> bool:
    """Whether a node is of this kind, and its operands are values or the network's tensors."""
    if node.target not in COMBINING or sample_shape(node) is None:
        return False
    return all(
        sample_shape(source) is not None or source.op == "get_attr"
        for source in node.all_input_nodes
    ) and not _has_symbols(node.args)


def is_pointwise(node: fx.Node) -> bool:
    """Whether a node is of this kind."""
    return node.target in POINTWISE and len(node.all_input_nodes) == 1 and _is_value(node.args[0])


def _is_value(argument: Any) -> bool:
    return isinstance(argument, fx.Node) and sample_shape(argument) is not None


def _has_symbols(arguments: Any) -> bool:
    return any(
        isinstance(a, fx.Node) and sample_shape(a) is None and a.op != "get_attr" for a in arguments
    )
