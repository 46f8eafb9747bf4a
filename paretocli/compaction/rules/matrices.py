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
from paretocli.compaction.rules.whole import Whole
from paretocli.compaction.trace import sample_shape

ATEN = torch.ops.aten

LINEAR = ATEN.linear.default
CONVOLUTIONS = (ATEN.conv1d, ATEN.conv2d, ATEN.conv3d)
CONVOLUTION_KINDS = tuple(kind for c in CONVOLUTIONS for kind in (c.default, c.padding))
MATRICES = (LINEAR, *CONVOLUTION_KINDS)
TRANSPOSED = (
    *(ATEN.conv_transpose1d.default, ATEN.conv_transpose2d.input, ATEN.conv_transpose3d.input),
)
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
        yield source, along(reading.inputs, channel_axis(node), shape_of(source))
        yield from ((tensor, everything(tensor)) for tensor in tensors if tensor is not None)

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The matrix without rows and columns that nobody needs."""
        source, weight, bias = matrix_tensors(node)
        reading = self.reading(node, builder.needed[node], builder.known)
        shift = reading.constant
        if bias is not None:
            shift = shift + builder.known[bias]
        outputs, inputs = (m.nonzero().flatten() for m in (reading.outputs, reading.inputs))
        given = builder.take(source, _layout(channel_axis(node), reading.inputs))
        name = str(weight.target)
        tensors: list[fx.Node | None] = [
            builder.tensor(name, self.turned(reading.weight[outputs][:, inputs])),
            builder.tensor(_name_of_bias(name, bias), shift[outputs])
            if bias is not None or shift.any()
            else None,
        ]
        new = builder.call(node.target, given, *tensors, *node.args[3:])
        return new, _layout(channel_axis(node), reading.outputs)

    def turned(self, weight: Tensor) -> Tensor:
        """From the weight as it is held to one (out, in, …), and back."""
        return weight

    def reading(self, node: fx.Node, mask: Tensor, known: Known) -> Reading:
        """What it reads and writes where `mask` (…) is needed of its result."""
        source, weight, _ = matrix_tensors(node)
        kernel, given, axis = self.turned(known[weight]), known[source], channel_axis(node)
        outputs = channels(mask, axis)
        weighed = kernel[outputs].movedim(1, 0).reshape(kernel.shape[1], -1).any(dim=1)
        # A channel that is known all over may go into the bias.
        certain = ~channels(given[0].isnan(), axis)
        constant = kernel.new_zeros(len(kernel))
        tried = (certain, certain & ~channels(given[0] != 0, axis)) if certain.any() else ()
        for candidates in tried:
            kept = along(candidates, axis, tuple(given.shape[1:]))
            only = given.where(kept, 0.0)
            added = applied(node, only, known[weight], None, *node.args[3:])[0]
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


class Transposed(Matrix):
    """A transposed convolution without groups."""

    def turned(self, weight: Tensor) -> Tensor:
        """Between (in, out, …) and (out, in, …)."""
        return weight.transpose(0, 1)


class Columns(Whole):
    """y = W x + b for values that are no batches of samples, as windows are: all is needed.

    Zero rows leave, for the result does not depend on what they would be multiplied with.
    """

    def rebuilt(self, node: fx.Node, builder: Builder) -> Built:
        """The matrix without columns of zeros, for the other channels of what it reads."""
        source, weight, bias = matrix_tensors(node)
        kernel = builder.known[weight]
        weighed = kernel.any(dim=0)
        weighed[0] |= not weighed.any()
        if weighed.all():
            return super().rebuilt(node, builder)
        places = weighed.nonzero().flatten()
        name = str(weight.target)
        indices = builder.tensor(f"{name.removesuffix('_weight')}_read", places)
        given = builder.call(ATEN.index_select.default, builder.take(source, None), -1, indices)
        tensors = [builder.tensor(name, kernel[:, places])]
        if bias is not None:
            tensors.append(builder.take(bias, None))
        return builder.call(node.target, given, *tensors), None


def is_matrix(node: fx.Node) -> bool:
    """Whether a node is a matrix or convolution of the first kind, with tensors of its own."""
    return node.target in MATRICES and _reads_samples(node) and groups_of(node) == 1


def is_transposed(node: fx.Node) -> bool:
    """Whether a node is of the second kind."""
    return node.target in TRANSPOSED and _reads_samples(node) and groups_of(node) == 1


def is_grouped(node: fx.Node) -> bool:
    """Whether a node is a convolution in groups, with tensors of its own."""
    return node.target in CONVOLUTION_KINDS and _reads_samples(node) and groups_of(node) > 1


def has_columns(node: fx.Node) -> bool:
    """Whether a node is a matrix with tensors of its own for values of any form."""
    return node.target == LINEAR and _has_own_tensors(node)


def groups_of(node: fx.Node) -> int:
    """The number of groups of a convolution, 1 of a matrix."""
    groups: Any = node.args[GROUPS] if len(node.args) > GROUPS else 1
    return int(groups)


def _reads_samples(node: fx.Node) -> bool:
    if sample_shape(node) is None or not _has_own_tensors(node):
        return False
    return sample_shape(matrix_tensors(node)[0]) is not None


def _has_own_tensors(node: fx.Node) -> bool:
    _, weight, bias = matrix_tensors(node)
    return all(tensor is None or tensor.op == "get_attr" for tensor in (weight, bias))


def matrix_tensors(node: fx.Node) -> tuple[fx.Node, fx.Node, Any]:
    """What it reads: a value, its weight, and its bias or None."""
    source, weight, bias = (*node.args, None)[:3]
    assert isinstance(source, fx.Node)
    assert isinstance(weight, fx.Node)
    return source, weight, bias


def channel_axis(node: fx.Node) -> int:
    """The axis of a sample that holds the channels."""
    return len(shape_of(node)) - 1 if node.target == LINEAR else 0


def _layout(axis: int, lines: Tensor) -> Layout | None:
    return None if lines.all() else Layout(axis, lines.nonzero().flatten())


def _name_of_bias(weight: str, bias: fx.Node | None) -> str:
    return str(bias.target) if bias is not None else weight.replace("weight", "bias")
