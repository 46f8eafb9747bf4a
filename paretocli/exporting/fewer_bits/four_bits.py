"""Weights of four bits: which layers have them, and the nodes by which a runtime reads them.

onnxruntime has no kernels for layers of four bits by eight. A file stores them, and a node widens
them to eight, which is done once, when the file is loaded; layers run as those of eight bits do.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter

from paretocli.exporting.fewer_bits.onnx_layers import WEIGHT, shared_with_embeddings

FOUR = 4
LARGEST = 7  # of whole numbers of four bits; without -8 either sign has as many
# The steps that the largest number of a channel would take. It is stored as 7, half a step off as
# any number may be, and all others have a finer step: less is lost so. 7.5 would be a tie.
BEYOND = 7.499
FEWEST = 64  # numbers; the node that widens them takes some bytes itself
KNOWN_SINCE = 21  # version of ONNX's operators
FORMAT = 10  # version of ONNX's files, likewise


def in_four_bits(model: onnx.ModelProto, nodes: Mapping[str, Sequence[str]]) -> list[str]:
    """Names of the layers whose weights may have four bits.

    Embeddings are not among them, whose rows are passed on in the bits that they have.

    Args:
        model: The network in single precision.
        nodes: The names of each layer's nodes.
    """
    read = {node.name: node for node in model.graph.node}
    shape = {one.name: tuple(one.dims) for one in model.graph.initializer}
    shared = shared_with_embeddings(model)

    def may(node: onnx.NodeProto) -> bool:
        weight = node.input[WEIGHT[node.op_type]]
        large = len(shape[weight]) > 1 and math.prod(shape[weight]) >= FEWEST
        return node.op_type != "Gather" and weight not in shared and large

    return [layer for layer, names in nodes.items() if all(may(read[name]) for name in names)]


@dataclass(frozen=True)
class ChannelSteps:
    """How a stored tensor is rounded.

    Attributes:
        axis: That of the channels.
        steps: Of each channel (C,).
    """

    axis: int
    steps: npt.NDArray[np.float32]


def four_bit_steps(model: onnx.ModelProto, names: Collection[str]) -> dict[str, ChannelSteps]:
    """The steps of what these layers' nodes read."""
    stored = {one.name: one for one in model.graph.initializer}
    found = {}
    for node in model.graph.node:
        if node.name in names:
            name, axis = node.input[WEIGHT[node.op_type]], _channel_axis(node)
            rows = np.moveaxis(numpy_helper.to_array(stored[name]), axis, 0)
            largest = np.abs(rows.reshape(len(rows), -1)).max(axis=1) / BEYOND
            steps = np.where(largest < np.finfo(np.float32).tiny, 1, largest)
            found[name] = ChannelSteps(axis, steps.astype(np.float32))
    return found


def _channel_axis(node: onnx.NodeProto) -> int:
    """That of what the layer gives, as onnxruntime's quantiser takes it."""
    transposed = any(one.name == "transB" and one.i for one in node.attribute)
    return 0 if node.op_type == "Conv" or transposed else 1


def four_bits_known(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same in a version of ONNX that has numbers of four bits."""
    version = next(one.version for one in model.opset_import if not one.domain)
    if version < KNOWN_SINCE:
        model = version_converter.convert_version(model, KNOWN_SINCE)
    model.ir_version = max(model.ir_version, FORMAT)
    return model


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """Put a node behind all that is stored in four bits, which makes eight of them.

    Args:
        model: As onnxruntime's quantiser made it; it is changed.
    """
    four = {one.name: one for one in model.graph.initializer if one.data_type == TensorProto.INT4}
    casts = {}
    for node in model.graph.node:
        if node.op_type != "DequantizeLinear" or node.input[0] not in four:
            continue
        name, _, zero = node.input
        node.input[0] = f"{name}:int8"
        casts[name] = helper.make_node("Cast", [name], [node.input[0]], to=TensorProto.INT8)
        # Of the kind of what it is taken from. Without it onnxruntime takes other kernels.
        none = np.zeros(four[zero].dims, np.int8)
        four[zero].CopyFrom(numpy_helper.from_array(none, zero))
    for cast in casts.values():
        model.graph.node.insert(0, cast)
    return model
