"""Small ONNX models, written by hand."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def model_of(nodes, inputs, outputs, stored):
    ends = [
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in given.items()]
        for given in (inputs, outputs)
    ]
    tensors = [numpy_helper.from_array(values, name) for name, values in stored.items()]
    graph = helper.make_graph(nodes, "graph", *ends, initializer=tensors)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("unused", 1)]
    )


def node(operator, inputs, outputs, name="", **attributes):
    return helper.make_node(operator, inputs.split(), outputs.split(), name=name, **attributes)


def run(model, **inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, inputs)


def eight_bits(numbers, axis=1):
    nodes = [
        node("DequantizeLinear", "q s z", "w", axis=axis),
        node("MatMul", "x w", "y", "own"),
    ]
    stored = {
        "q": numbers,
        "s": np.array([0.01, 0.1], np.float32),
        "z": np.array([0, 1], np.int8),
    }
    return model_of(nodes, {"x": ["n", 3]}, {"y": ["n", 2]}, stored)


RIGHT = np.array([[50, 81], [-100, 21], [25, -39]], np.int8)
