"""Where a quantised ONNX file rounds, told in the names of the network that it was made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from paretocli.errors import InputError
from paretocli.exporting.fewer_bits.four_bits import BEYOND, LARGEST
from paretocli.exporting.fewer_bits.onnx_layers import parameter_of
from paretocli.exporting.quantise_aware.grids import LEVELS, WeightGrid

_END = "_QuantizeLinear_Input"  # what onnxruntime's quantiser adds to the name of an output
_STORED = "_quantized"  # and to that of a stored tensor

# What gives some of the numbers that it is given, which are rounded already.
_SELECTING = (
    *("Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze"),
    *("MaxPool", "Gather"),
)
# What the quantiser takes out, for a range without negative numbers does the same.
_TAKEN_OUT = ("Relu", "Clip")

BIASED = 3  # inputs of a layer with a bias

Array = npt.NDArray[Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A tensor between layers that is rounded.

    Attributes:
        tensor: Its name in the exact network, as ONNX.
        source: The one that is rounded in its place: what an activation reads that was taken out.
        scale: The name of its step, which several may have in common.
    """

    tensor: str
    source: str
    scale: str


@dataclass(frozen=True)
class Bias:
    """What is added to sums of products, in steps of these.

    Attributes:
        scale: The name of the step of what is multiplied.
        weight: The tensor that it is multiplied by.
        chosen_from: The stored tensor that what is multiplied is rows of, as of an embedding.
    """

    scale: str
    weight: str
    chosen_from: str | None


@dataclass
class Places:
    """All that is rounded.

    Attributes:
        between: What is between layers.
        ranges: Its smallest and largest numbers, by the names of steps.
        weights: How stored tensors are rounded, by the network's names for them.
        biases: Likewise, what is added.
    """

    between: list[Place] = field(default_factory=list)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    weights: dict[str, WeightGrid] = field(default_factory=dict)
    biases: dict[str, Bias] = field(default_factory=dict)


def places_of(
    quantised: onnx.ModelProto, exact: onnx.ModelProto, parameters: Mapping[str, Array]
) -> Places:
    """Where a model rounds.

    Args:
        quantised: As onnxruntime's quantiser made it, with its names.
        exact: What that was made of.
        parameters: The network's, by name.

    Raises:
        InputError: A tensor is rounded in two ways.
    """
    stored = {one.name: numpy_helper.to_array(one) for one in quantised.graph.initializer}
    before = {one.name: one for one in exact.graph.initializer}
    made = {output: node for node in quantised.graph.node for output in node.output}
    made_exactly = {output: node for node in exact.graph.node for output in node.output}
    found = Places()
    steps_of: dict[str, str] = {}  # stored tensors by the names of their steps

    def named(node: onnx.NodeProto) -> str:
        tensor = before[node.input[0].removesuffix(_STORED)]
        name = parameter_of(tensor, parameters)
        if name not in parameters:
            raise InputError(
                f"This network cannot be trained with its numbers rounded: the file stores {name}, "
                "which is none of its tensors; leave out --quantise-aware."
            )
        return name

    for node in quantised.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            parts = [stored[one] for one in node.input]
            if parts[0].dtype != np.int32:
                name = named(node)
                tensor = numpy_helper.to_array(before[node.input[0].removesuffix(_STORED)])
                steps_of[node.input[1]] = name
                axis = next((one.i for one in node.attribute if one.name == "axis"), None)
                _add(found.weights, name, _grid(tensor, parameters[name], parts, axis))
        elif node.op_type == "QuantizeLinear":
            scale = node.input[1]
            producer = made.get(node.input[0])
            if _only_selects(producer, scale, made):
                continue
            name = node.input[0].removesuffix(_END)
            found.between.append(Place(name, _source(name, producer, made_exactly), scale))
            step, zero = (float(stored[one]) for one in node.input[1:])
            found.ranges[scale] = (-zero * step, (LEVELS - zero) * step)
    for node in quantised.graph.node:
        given = [made.get(name) for name in node.input]
        if len(given) == BIASED and all(one is not None for one in given):
            inputs, weight, bias = (one for one in given if one is not None)
            if bias.input[0] in stored and stored[bias.input[0]].dtype == np.int32:
                scale = inputs.input[1]
                if scale in found.ranges or scale in steps_of:
                    rows = None if scale in found.ranges else steps_of[scale]
                    _add(found.biases, named(bias), Bias(scale, named(weight), rows))
    return found


def _add(known: dict[str, T], name: str, one: T) -> None:
    """Note how a tensor is rounded, which is in one way alone."""
    if known.setdefault(name, one) != one:
        raise InputError(
            f"This network cannot be trained with its numbers rounded: {name} is read in two ways, "
            "which fewer bits round differently; leave out --quantise-aware."
        )


def _grid(values: Array, parameter: Array, parts: list[Array], axis: int | None) -> WeightGrid:
    """How a tensor is rounded, along the axis of the network's own parameter."""
    numbers, step, _ = parts
    if step.ndim == 0 or axis is None:
        axis = None
    elif parameter.shape != values.shape or not np.array_equal(parameter, values):
        axis = 1 - axis  # it is stored transposed
    if numbers.dtype.name == "int4":
        return WeightGrid(axis, -LARGEST, LARGEST, 2 * BEYOND)
    signed = numbers.dtype == np.int8
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    width = 2 * max(-low, high) if signed else high - low
    steps = round(width / float(step.max())) if width else LEVELS
    fewer = steps < (LEVELS - 1) * 3 / 4  # seven bits
    if signed:
        return WeightGrid(axis, *((-64, 64) if fewer else (-127, 127)))
    return WeightGrid(axis, 0, 127 if fewer else LEVELS)


def _only_selects(
    node: onnx.NodeProto | None, scale: str, made: Mapping[str, onnx.NodeProto]
) -> bool:
    """Whether a node gives numbers that were rounded with the same step before."""
    if node is None or node.op_type not in _SELECTING:
        return False
    before = made.get(node.input[0])
    return before is not None and before.op_type == "DequantizeLinear" and before.input[1] == scale


def _source(name: str, producer: onnx.NodeProto | None, exactly: Mapping[str, Any]) -> str:
    """What is rounded in a tensor's place: what the activations read that were taken out."""
    kind = None if producer is None else producer.op_type
    while name in exactly and exactly[name].op_type in _TAKEN_OUT and exactly[name].op_type != kind:
        name = exactly[name].input[0]
    return name
