"""Attention with several heads, which leave as a whole."""

from typing import Any

import torch
from torch import Tensor, fx

from paretocli.compaction.layout import Layout, along, channels
from paretocli.compaction.rules.base import (
    Builder,
    Built,
    Known,
    Rule,
    Wanted,
    everything,
    shape_of,
)
from paretocli.compaction.trace import sample_shape

ATTENTION = torch.ops.aten.scaled_dot_product_attention.default
PARTS = 3  # queries, keys and values, each (B, heads, length, width)
RANK = 3  # of a sample of each


class Attention(Rule):
    """What each head gives depends on the queries, keys and values of that head alone."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """Nothing."""
        return None

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """All of the heads that give something that is needed."""
        heads = channels(mask, 0)
        for source in node.all_input_nodes:
            if _has_heads(source, node):
                yield source, along(heads, 0, shape_of(source))
            else:
                yield source, everything(source)

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """Attention with fewer heads."""
        heads = channels(builder.needed[node], 0)
        layout = None if heads.all() else Layout(0, heads.nonzero().flatten())
        new = {
            source: builder.take(source, layout if _has_heads(source, node) else None)
            for source in node.all_input_nodes
        }
        arguments, options = fx.node.map_arg((node.args, node.kwargs), new.__getitem__)
        return builder.call(node.target, *arguments, **options), layout


def is_attention(node: fx.Node) -> bool:
    """Whether a node is attention whose queries, keys and values have the same heads."""
    if node.target != ATTENTION or node.kwargs.get("enable_gqa", False):
        return False
    parts: Any = [node, *node.args[:PARTS]]
    shapes = [sample_shape(part) if isinstance(part, fx.Node) else None for part in parts]
    heads = {shape[0] for shape in shapes if shape is not None and len(shape) == RANK}
    return (
        None not in shapes
        and all(len(shape or ()) == RANK for shape in shapes)
        and (len(heads) == 1)
    )


def _has_heads(source: fx.Node, node: fx.Node) -> bool:
    """Whether a source, a mask among them, has numbers of its own for each head."""
    shape, heads = sample_shape(source), shape_of(node)[0]
    return (
        shape is not None
        and len(shape) == RANK
        and shape[0] == heads
        and (heads > 1 or source in node.args[:PARTS])
    )
