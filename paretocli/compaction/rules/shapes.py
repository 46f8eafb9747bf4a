"""Operations that give the same numbers in another shape, or put values side by side."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx

from paretocli.compaction.layout import IrregularError, Layout, layout_of
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

# The same order, another shape; the first is told which.
RESHAPE = ATEN.reshape.default
VIEWING = (
    *(RESHAPE, ATEN.flatten.using_ints),
    *(ATEN.squeeze.dim, ATEN.squeeze.dims, ATEN.unsqueeze.default),
)
PERMUTING = (ATEN.permute.default, ATEN.transpose.int)


class Reshaping(Rule):
    """Every number of the result is one of the source, and the other way round."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """The known numbers, at their new places."""
        return _placed(node, known[source_of(node)][0]).unsqueeze(0)

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """The same numbers, at their old places, and the size of the batch."""
        source, *sizes = node.all_input_nodes
        yield from ((size, everything(size)) for size in sizes)
        back = torch.zeros(mask.numel(), dtype=torch.bool)
        places = torch.arange(mask.numel()).reshape(shape_of(source))
        back[_placed(node, places).flatten()] = mask.flatten()
        yield source, back.reshape(shape_of(source))

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The same change of shape, where what is left is all or nothing along an axis of it."""
        source = source_of(node)
        new, layout = builder.built(source)
        arguments = list(node.args[1:])
        if layout is not None:
            layout = layout_of(_placed(node, layout.mask(shape_of(source))))
        if layout is not None and node.target == RESHAPE:
            given: Any = arguments[0]
            sizes = list(given)
            if sizes[layout.axis + 1] != -1:
                sizes[layout.axis + 1] = len(layout.kept)
            arguments = [sizes]
        return builder.call(node.target, new, *arguments), layout


class Concatenation(Rule):
    """Values side by side."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """The known numbers, side by side."""
        return torch.cat([known[source] for source in _pieces(node)], dim=_axis(node) + 1)

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """Each value its own part."""
        axis = _axis(node)
        sizes = [shape_of(piece)[axis] for piece in _pieces(node)]
        yield from zip(_pieces(node), torch.split(mask, sizes, dim=axis), strict=True)

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """What is needed, side by side."""
        axis = _axis(node)
        pieces, kept, offset = [], [], 0
        for piece in _pieces(node):
            size = shape_of(piece)[axis]
            if builder.needed[piece].any():
                new, layout = builder.built(piece)
                if layout is not None and layout.axis != axis:
                    raise IrregularError
                pieces.append(new)
                kept.append(offset + (torch.arange(size) if layout is None else layout.kept))
            offset += size
        there = torch.cat(kept)
        layout = None if len(there) == offset else Layout(axis, there)
        return builder.call(node.target, pieces, *node.args[1:]), layout


def is_reshaping(node: fx.Node) -> bool:
    """Whether a node is of the first kind."""
    if node.target not in (*VIEWING, *PERMUTING) or sample_shape(node) is None:
        return False
    if sample_shape(source_of(node)) is None:
        return False
    # The batch stays in front.
    return node.target in VIEWING or not _moves_batch(node)


def is_concatenation(node: fx.Node) -> bool:
    """Whether a node is of the second kind."""
    if node.target != ATEN.cat.default or sample_shape(node) is None:
        return False
    return all(sample_shape(piece) is not None for piece in _pieces(node)) and _axis(node) >= 0


def _placed(node: fx.Node, sample: Tensor) -> Tensor:
    """A sample of the source in the shape of the result."""
    if node.target in VIEWING:
        return sample.reshape(shape_of(node))
    return applied(node, sample.unsqueeze(0), *node.args[1:])[0]


def _moves_batch(node: fx.Node) -> bool:
    rank = len(shape_of(node)) + 1
    if node.target == ATEN.transpose.int:
        axes: Any = node.args[1:]
        return 0 in (int(axis) % rank for axis in axes)
    order: Any = node.args[1]
    return int(order[0]) % rank != 0


def _pieces(node: fx.Node) -> Sequence[fx.Node]:
    pieces: Any = node.args[0]
    return list(pieces)


def _axis(node: fx.Node) -> int:
    """The axis of a sample along which values lie side by side; −1 is that of the batch."""
    rank = len(shape_of(node)) + 1
    given: Any = node.args[1] if len(node.args) > 1 else 0
    return int(given) % rank - 1
