"""An ONNX model without what no runtime needs.

That is long names, notes, attributes that say what holds without them, and numbers that are wide
and small.
"""

from collections.abc import Iterator
from itertools import count, product
from string import ascii_lowercase

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from paretocli.exporting.fewer_bits.stored_numbers import stored_numbers
from paretocli.exporting.onnx_notes import without_notes

ZERO_POINT = 2  # the place of it among the inputs of what decodes

# What holds where nothing is said, of operators whose schema says so in words alone.
WINDOWS = ("Conv", "ConvTranspose", "MaxPool", "AveragePool")
ALONG_AXES = {"dilations": 1, "strides": 1, "pads": 0}


def slim(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take from a model what no runtime needs.

    The inputs and outputs of the whole keep their names, and so do nodes that read stored numbers:
    by these the layers are found in the file.
    """
    without_notes(model)
    # What lies in branches and loops reads tensors of the whole by their names.
    if not any(
        attribute.HasField("g") for node in model.graph.node for attribute in node.attribute
    ):
        _narrow_places(model)
        _without_zeros_of_biases(model)
        _without_defaults(model)
        _shorten(model)
    return model


def _narrow_places(model: onnx.ModelProto) -> None:
    """In 32 bits what says which channels are taken, of which there are never so many."""
    read_by: dict[str, set[tuple[str, int]]] = {}
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            read_by.setdefault(name, set()).add((node.op_type, place))
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.INT64 and read_by.get(tensor.name) == {("Gather", 1)}:
            places = numpy_helper.to_array(tensor)
            narrow = places.astype(np.int32)
            if np.array_equal(narrow, places):
                tensor.CopyFrom(numpy_helper.from_array(narrow, tensor.name))


def _without_zeros_of_biases(model: onnx.ModelProto) -> None:
    """No zero points of numbers in 32 bits: without one it is 0, as it has to be for them."""
    stored = {one.name: one for one in model.graph.initializer}
    gone = set()
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and len(node.input) > ZERO_POINT:
            zero = stored.get(node.input[ZERO_POINT])
            if zero is not None and zero.data_type == TensorProto.INT32:
                gone.add(zero.name)
                del node.input[ZERO_POINT:]
    read = {name for node in model.graph.node for name in node.input}
    read |= {one.name for one in model.graph.output}
    kept = [one for one in model.graph.initializer if one.name in read or one.name not in gone]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _without_defaults(model: onnx.ModelProto) -> None:
    """No attributes that have the value which holds where they are not there."""
    versions = {one.domain: one.version for one in model.opset_import}
    for node in model.graph.node:
        try:
            schema = onnx.defs.get_schema(node.op_type, versions[node.domain], node.domain)
        except (KeyError, onnx.defs.SchemaError):  # an operator that a runtime adds
            continue
        said = [one for one in node.attribute if not _is_default(one, node.op_type, schema)]
        del node.attribute[:]
        node.attribute.extend(said)


def _is_default(attribute: onnx.AttributeProto, operator: str, schema: onnx.defs.OpSchema) -> bool:
    value = onnx.helper.get_attribute_value(attribute)
    if operator in WINDOWS and attribute.name in ALONG_AXES:
        return all(one == ALONG_AXES[attribute.name] for one in value)
    known = schema.attributes.get(attribute.name)
    if known is None or known.default_value.type != attribute.type:
        return False
    return bool(value == onnx.helper.get_attribute_value(known.default_value))


def _shorten(model: onnx.ModelProto) -> None:
    """Short names for tensors, and none for nodes that read nothing that is stored."""
    graph = model.graph
    ends = {one.name for one in (*graph.input, *graph.output)}
    names = _names(ends)
    short: dict[str, str] = {end: end for end in ends}
    short[""] = ""  # of an input that is left out

    def shortened(name: str) -> str:
        if name not in short:
            short[name] = next(names)
        return short[name]

    named = {node for node, _ in stored_numbers(model)}
    for one in graph.initializer:
        one.name = shortened(one.name)
    for node in graph.node:
        if node.name not in named:
            node.ClearField("name")
        node.input[:] = [shortened(name) for name in node.input]
        node.output[:] = [shortened(name) for name in node.output]


def _names(taken: set[str]) -> Iterator[str]:
    """Give a, b, … z, aa, ab, … but what is taken."""
    for length in count(1):
        for letters in product(ascii_lowercase, repeat=length):
            name = "".join(letters)
            if name not in taken:
                yield name
