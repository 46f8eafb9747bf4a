"""Convolutions in groups, depthwise ones among them: groups leave as a whole."""

import torch
from torch import Tensor, fx

from paretocli.compaction.layout import Layout, along, channels
from paretocli.compaction.rules.base import Builder, Built, Known, Wanted, everything, shape_of
from paretocli.compaction.rules.matrices import GROUPS, Matrix, groups_of, matrix_tensors


class Grouped(Matrix):
    """A convolution of which each group of channels makes channels of its own."""

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """All channels of the groups that make something that is needed."""
        source, *tensors = matrix_tensors(node)
        sides = shape_of(source)
        yield source, along(_members(_groups(node, mask), sides[0]), 0, sides)
        yield from ((tensor, everything(tensor)) for tensor in tensors if tensor is not None)

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The convolution with fewer groups."""
        source, weight, bias = matrix_tensors(node)
        groups = _groups(node, builder.needed[node])
        outputs = _members(groups, shape_of(node)[0]).nonzero().flatten()
        if groups.all():
            given = builder.take(source, None)
        else:
            inputs = _members(groups, shape_of(source)[0]).nonzero().flatten()
            given = builder.take(source, Layout(0, inputs))
        tensors = [
            None
            if tensor is None
            else builder.tensor(str(tensor.target), builder.known[tensor][outputs])
            for tensor in (weight, bias)
        ]
        settings = list(node.args[3:])
        settings[GROUPS - 3] = int(groups.sum())
        new = builder.call(node.target, given, *tensors, *settings)
        return new, None if groups.all() else Layout(0, outputs)


def _groups(node: fx.Node, mask: Tensor) -> Tensor:
    """Which groups make some of what a mask of the result says."""
    return channels(mask, 0).reshape(groups_of(node), -1).any(dim=1)


def _members(groups: Tensor, count: int) -> Tensor:
    """Which of so many channels belong to the groups."""
    return torch.repeat_interleave(groups, count // len(groups))
