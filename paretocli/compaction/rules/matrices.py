"""Matrices and convolutions: where zero rows are, and channels leave."""

from dataclasses import dataclass
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
    applied,
    everything,
    shape_of,
)
from paretocli.compaction.trace import sample_shape

ATEN = torch.ops.aten

LINEAR = ATEN.linear.default
CONVOLUTIONS = (ATEN.conv1d, ATEN.conv2d, ATEN.conv3d)
MATRICES = (LINEAR, *(kind for c in CONVOLUTIONS for kind in (c.default, c.padding)))
GROUPS = 6  # place of a convolution's number of groups


@dataclass(frozen=True, eq=False)
class Reading:
    """What a matrix or convolution reads and writes.

    Attributes:
        outputs: Which channels are needed of it (out,).
        inputs: Which channels it has to read for them (in,), at least one.
        weight: (out, in, …), zero for channels that are not weighed.
        constant: What known channels, no longer weighed, add to each output (out,).
    """

    outputs: Tensor
    inputs: Tensor
    weight: Tensor
    constant: Tensor


class Matrix(Rule):
    """y = W x + b, or a convolution without groups."""

    def known(self, node: fx.Node, known: Known) -> Tensor | None:
        """A number of the output is known where every input that it weighs is."""
        source, weight, bias = matrix_tensors(node)
        given, kernel = known[source], known[weight]
        settings = node.args[3:]
        shift = None if bias is None else known[bias]
        result = applied(node, given.nan_to_num(), kernel, shift, *settings)
        unknown = applied(node, given.isnan().float(), (kernel != 0).float(), None, *settings)
        return result.where(unknown == 0, torch.nan)

    def wanted(self, node: fx.Node, mask: Tensor, known: Known) -> Wanted:
        """The channels whose rows are not zero; of those that are known, none."""
        source, *tensors = matrix_tensors(node)
        reading = self.reading(node, mask, known)
        yield source, along(reading.inputs, _axis(node), shape_of(source))
        yield from ((tensor, everything(tensor)) for tensor in tensors if tensor is not None)

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The matrix without rows and columns that nobody needs."""
        source, weight, bias = matrix_tensors(node)
        reading = self.reading(node, builder.needed[node], builder.known)
        shift = reading.constant
        if bias is not None:
            shift = shift + builder.known[bias]
        outputs, inputs = (m.nonzero().flatten() for m in (reading.outputs, reading.inputs))
        given = builder.take(source, _layout(_axis(node), reading.inputs))
        name = str(weight.target)
        tensors: list[fx.Node | None] = [
            builder.tensor(name, reading.weight[outputs][:, inputs]),
            builder.tensor(_name_of_bias(name, bias), shift[outputs])
            if bias is not None or shift.any()
            else None,
        ]
        new = builder.call(node.target, given, *tensors, *node.args[3:])
        return new, _layout(_axis(node), reading.outputs)

    def reading(self, node: fx.Node, mask: Tensor, known: Known) -> Reading:
        """What it reads and writes where `mask` (…) is needed of its result."""
        source, weight, _ = matrix_tensors(node)
        kernel, given, axis = known[weight], known[source], _axis(node)
        outputs = channels(mask, axis)
        weighed = kernel[outputs].movedim(1, 0).reshape(kernel.shape[1], -1).any(dim=1)
        # A channel that is known all over may go into the bias.
        certain = ~channels(given[0].isnan(), axis)
        constant = kernel.new_zeros(len(kernel))
        for candidates in (certain, certain & ~channels(given[0] != 0, axis)):
            kept = along(candidates, axis, tuple(given.shape[1:]))
            added = applied(node, given.where(kept, 0.0), kernel, None, *node.args[3:])[0]
            lines = added.movedim(axis, 0).reshape(len(kernel), -1)
            # Beside edges that are padded it may add less: then it is no constant.
            if torch.allclose(lines, lines[:, :1].expand_as(lines), rtol=1e-6, atol=1e-7):
                constant = lines[:, 0]
                weighed = weighed & ~candidates
                break
        inputs = weighed.clone()
        inputs[0] |= not inputs.any()  # there are no operations on nothing
        lines = weighed.reshape(1, -1, *[1] * (kernel.dim() - 2))
        return Reading(outputs, inputs, kernel * lines, constant)


def is_matrix(node: fx.Node) -> bool:
    """Whether a node is a matrix or convolution of this kind, with tensors of its own."""
    if node.target not in MATRICES or sample_shape(node) is None:
        return False
    source, weight, bias = matrix_tensors(node)
    own = all(tensor is None or tensor.op == "get_attr" for tensor in (weight, bias))
    own = own and sample_shape(source) is not None
    return own and bool(node.target == LINEAR or (*node.args, *[1] * GROUPS)[GROUPS] == 1)


def matrix_tensors(node: fx.Node) -> tuple[fx.Node, fx.Node, Any]:
    """What it reads: a value, its weight, and its bias or None."""
    source, weight, bias = (*node.args, None)[:3]
    assert isinstance(source, fx.Node)
    assert isinstance(weight, fx.Node)
    return source, weight, bias


def _axis(node: fx.Node) -> int:
    """The axis of a sample that holds the channels."""
    return len(shape_of(node)) - 1 if node.target == LINEAR else 0


def _layout(axis: int, lines: Tensor) -> Layout | None:
    return None if lines.all() else Layout(axis, lines.nonzero().flatten())


def _name_of_bias(weight: str, bias: fx.Node | None) -> str:
    return str(bias.target) if bias is not None else weight.replace("weight", "bias")
