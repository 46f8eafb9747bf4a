"""The layers of an ONNX file: what multiplies by stored weights, under the names of the network."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

WEIGHT = {"Conv": 1, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1, "Gather": 0}
"""Operators that have a stored weight, and which of their inputs it is."""

Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Layers:
    """A model, and its layers.

    Attributes:
        model: It; the nodes of layers have the layers' names.
        nodes: The names of each layer's nodes, of which there are several where a weight is read
            in several places.
    """

    model: onnx.ModelProto
    nodes: dict[str, tuple[str, ...]]


def named_layers(model: onnx.ModelProto, parameters: Mapping[str, Array]) -> Layers:
    """Name the layers of a model.

    Args:
        model: It, whose nodes get these names.
        parameters: Those of the network that it was made of, by name.
    """
    stored = {one.name: one for one in model.graph.initializer}
    names = {node.name for node in model.graph.node}
    nodes: dict[str, list[str]] = {}
    for node in model.graph.node:
        place = WEIGHT.get(node.op_type)
        weight = None if place is None else stored.get(node.input[place])
        if weight is None or weight.data_type != onnx.TensorProto.FLOAT:
            continue
        layer = layer_of(weight, parameters)
        alike = nodes.setdefault(layer, [])
        node.name = f"{layer}:{len(alike) + 1}" if alike or layer in names else layer
        alike.append(node.name)
    return Layers(model, {layer: tuple(found) for layer, found in nodes.items()})


def layer_of(stored: onnx.TensorProto, parameters: Mapping[str, Array]) -> str:
    """What the network calls the layer of a stored tensor: its parameter without `weight`."""
    return re.sub(r"[._]weight$", "", parameter_of(stored, parameters))


def parameter_of(stored: onnx.TensorProto, parameters: Mapping[str, Array]) -> str:
    """The parameter that a stored tensor is; an exporter transposes some and names them anew."""
    if stored.name in parameters:
        return stored.name
    values = numpy_helper.to_array(stored)
    for name, parameter in parameters.items():
        for form in (parameter, parameter.T):
            if form.shape == values.shape and np.array_equal(form, values):
                return name
    return stored.name


def shared_with_embeddings(model: onnx.ModelProto) -> set[str]:
    """The tensors that both an embedding and a layer read."""
    rows = {node.input[0] for node in model.graph.node if node.op_type == "Gather"}
    return {
        node.input[place]
        for node in model.graph.node
        if (place := WEIGHT.get(node.op_type)) == 1 and node.input[place] in rows
    }


def floats(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """All tensors in single precision that a model stores."""
    kind = onnx.TensorProto.FLOAT
    return [tensor for tensor in model.graph.initializer if tensor.data_type == kind]
