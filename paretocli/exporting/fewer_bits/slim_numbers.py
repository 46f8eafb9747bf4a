"""An ONNX model whose stored numbers are no wider than they have to be, and none twice."""

from collections.abc import Iterable
from hashlib import sha256

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPERANDS = 3  # of a layer: what comes in, weights, biases
ZERO_POINT = 2  # the place of it among the inputs of what decodes
CAST = 32  # bytes of a node that widens numbers, about
PRODUCT = 24  # bytes of a node that multiplies two numbers, about


def narrow_places(model: onnx.ModelProto) -> None:
    """As narrow as they can be what says which channels are taken, widened where they are used."""
    read_by: dict[str, set[tuple[str, int]]] = {}
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            read_by.setdefault(name, set()).add((node.op_type, place))
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.INT64 and read_by.get(tensor.name) == {("Gather", 1)}:
            _narrow(model, tensor)


def _narrow(model: onnx.ModelProto, tensor: TensorProto) -> None:
    """In 32 bits, for operators take no fewer; in fewer, if that outweighs the node that widens.

    A place alone stays: onnxruntime makes a split of nodes that take one part each (queries, keys
    and values), and knows them by 64 bits.
    """
    places = numpy_helper.to_array(tensor)
    if places.size == 1:
        return
    for kind in (np.uint8, np.uint16):
        narrow = places.astype(kind)
        spared = narrow.size * (np.dtype(np.int32).itemsize - narrow.itemsize)
        if np.array_equal(narrow, places) and spared > CAST:
            wide = f"{tensor.name}:int32"
            _replace_inputs(model, tensor.name, wide)
            tensor.CopyFrom(numpy_helper.from_array(narrow, tensor.name))
            cast = helper.make_node("Cast", [tensor.name], [wide], to=TensorProto.INT32)
            model.graph.node.insert(0, cast)
            return
    narrow = places.astype(np.int32)
    if np.array_equal(narrow, places):
        tensor.CopyFrom(numpy_helper.from_array(narrow, tensor.name))


def without_zeros_of_biases(model: onnx.ModelProto) -> None:
    """No zero points of numbers in 32 bits: without one it is 0, as it has to be for them."""
    stored = {one.name: one for one in model.graph.initializer}
    gone = set()
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and len(node.input) > ZERO_POINT:
            zero = stored.get(node.input[ZERO_POINT])
            if zero is not None and zero.data_type == TensorProto.INT32:
                gone.add(zero.name)
                del node.input[ZERO_POINT:]
    drop_unread(model, gone)


def without_steps_of_biases(model: onnx.ModelProto) -> None:
    """No steps of biases: they are those of what comes in times those of the weights.

    A runtime multiplies them when it loads the file.
    """
    stored = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    decoding = {node.output[0]: node for node in model.graph.node if _decodes(node)}
    products, gone = [], set()
    for node in model.graph.node:
        parts = [decoding.get(name) for name in node.input]
        if len(parts) != OPERANDS or None in parts:
            continue
        coming, weight, bias = (part.input[1] for part in parts if part is not None)
        if not stored.keys() >= {coming, weight, bias} or bias in gone:
            continue
        step = stored[bias]
        product = stored[coming] * stored[weight]
        alike = product.dtype == step.dtype and np.array_equal(product.ravel(), step.ravel())
        if alike and product.shape == step.shape and step.nbytes > PRODUCT:
            products.append(helper.make_node("Mul", [coming, weight], [f"{bias}:product"]))
            _replace_inputs(model, bias, f"{bias}:product")
            gone.add(bias)
    for product in products:
        model.graph.node.insert(0, product)
    drop_unread(model, gone)


def store_once(model: onnx.ModelProto) -> None:
    """Nothing twice that is alike: zero points of layers as wide, for example."""
    ends = {one.name for one in model.graph.output}
    first: dict[tuple[int, tuple[int, ...], bytes], str] = {}
    twins = set()
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.STRING or tensor.name in ends:
            continue
        values = sha256(numpy_helper.to_array(tensor).tobytes()).digest()
        same = first.setdefault((tensor.data_type, tuple(tensor.dims), values), tensor.name)
        if same != tensor.name:
            _replace_inputs(model, tensor.name, same)
            twins.add(tensor.name)
    drop_unread(model, twins)


def drop_unread(model: onnx.ModelProto, names: Iterable[str]) -> None:
    """Store none of these that nothing reads any more."""
    read = {name for node in model.graph.node for name in node.input}
    unread = {*names} - read - {one.name for one in model.graph.output}
    kept = [one for one in model.graph.initializer if one.name not in unread]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _decodes(node: onnx.NodeProto) -> bool:
    return bool(node.op_type == "DequantizeLinear")


def _replace_inputs(model: onnx.ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
