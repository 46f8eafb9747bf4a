"""An ONNX model without nodes and attributes that change nothing."""

import math
from collections import Counter

import onnx
from onnx import numpy_helper

from paretocli.exporting.fewer_bits.slim_numbers import drop_unread

# What moves numbers or chooses among them: in eight bits it gives what it gives of what they mean.
MOVING = ("MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Gather")

# What holds where nothing is said, of operators whose schema says so in words alone.
WINDOWS = ("Conv", "ConvTranspose", "MaxPool", "AveragePool")
ALONG_AXES = {"dilations": 1, "strides": 1, "pads": 0}


def pass_on_bits(model: onnx.ModelProto) -> None:
    """Let eight bits through what only moves them.

    A quantiser puts the same decoding before such a node as encoding after it. What is stored is
    decoded where it is read, as it was.
    """
    nodes = model.graph.node
    ends = {one.name for one in model.graph.output}
    stored = {one.name for one in model.graph.initializer}
    stored |= {n.output[0] for n in nodes if n.op_type == "Cast" and n.input[0] in stored}
    readers = Counter(name for node in nodes for name in node.input)
    decoding = {node.output[0]: node for node in nodes if node.op_type == "DequantizeLinear"}
    encoding = {node.input[0]: node for node in nodes if node.op_type == "QuantizeLinear"}
    gone = []
    for node in nodes:
        if node.op_type not in MOVING or len(node.output) != 1 or node.output[0] in ends:
            continue
        before, after = decoding.get(node.input[0]), encoding.get(node.output[0])
        if (
            before is None
            or after is None
            or before.input[0] in stored
            or readers[node.output[0]] > 1
        ):
            continue
        if before.input[1:] != after.input[1:] or before.attribute or after.attribute:
            continue
        node.input[0] = before.input[0]
        node.output[0] = after.output[0]
        gone.append(after)
    for node in gone:
        nodes.remove(node)
    read = {name for node in nodes for name in node.input} | ends
    for node in [one for one in decoding.values() if one.output[0] not in read]:
        nodes.remove(node)


def flatten(model: onnx.ModelProto) -> None:
    """No stored shapes of what becomes a row a sample."""
    known = {
        one.name: [axis.dim_value for axis in one.type.tensor_type.shape.dim]
        for graph in [onnx.shape_inference.infer_shapes(model).graph]
        for one in (*graph.input, *graph.value_info)
    }
    stored = {one.name: one for one in model.graph.initializer}
    shapes = set()
    for node in model.graph.node:
        if node.op_type != "Reshape" or node.input[1] not in stored:
            continue
        shape = numpy_helper.to_array(stored[node.input[1]]).tolist()
        features = known.get(node.input[0], [])[1:]
        # An axis of a length that is not known is 0 here.
        if features and all(features) and shape == [-1, math.prod(features)]:
            shapes.add(node.input[1])
            node.op_type = "Flatten"
            del node.input[1:]
            del node.attribute[:]
    drop_unread(model, shapes)


def without_defaults(model: onnx.ModelProto) -> None:
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
