"""What ONNX files store, and models that say the same in another form."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from paretocli.errors import RunError
from paretocli.exporting.fewer_bits.onnx_layers import named_layers
from paretocli.exporting.fewer_bits.pooling_order import activations_first
from paretocli.exporting.fewer_bits.slimming import slim
from paretocli.exporting.fewer_bits.stored_numbers import refuse_wrong_numbers, stored_numbers

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


WEIGHT = np.array([[0.5, -1.0, 0.25], [8.0, 2.0, -4.0]], np.float32)


def exact():
    nodes = [node("MatMul", "x val_1", "y", "node_7")]
    return model_of(nodes, {"x": ["n", 3]}, {"y": ["n", 2]}, {"val_1": WEIGHT.T.copy()})


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


def test_a_layer_has_the_name_of_its_parameter():
    found = named_layers(exact(), {"other.weight": WEIGHT + 1, "own.weight": WEIGHT})
    assert found.nodes == {"own": ("own",)}
    assert [node.name for node in found.model.graph.node] == ["own"]


def test_eight_bits_are_read_by_channel():
    ((key, found),) = stored_numbers(eight_bits(RIGHT)).items()
    assert key == ("own", 1)
    np.testing.assert_allclose(found.values, WEIGHT.T, rtol=1e-6)
    np.testing.assert_allclose(found.error, [[0.005, 0.05]] * 3, rtol=1e-2)
    assert found.bits == 8


def test_a_number_off_by_a_step_is_refused():
    right = named_layers(exact(), {"own.weight": WEIGHT}).model
    assert refuse_wrong_numbers(right, eight_bits(RIGHT), "eight") == 1.0
    for place in np.ndindex(RIGHT.shape):
        wrong = RIGHT.copy()
        wrong[place] += 1
        with pytest.raises(RunError, match=r"The eight file has numbers further off .* in own"):
            refuse_wrong_numbers(right, eight_bits(wrong), "eight")
    without = eight_bits(RIGHT)
    without.graph.node[1].name = ""
    with pytest.raises(RunError, match="lacks numbers in own"):
        refuse_wrong_numbers(right, without, "eight")


def run(model, **inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, inputs)


def test_a_slim_model_is_the_same_in_less_bytes():
    model = eight_bits(RIGHT)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    (before,) = run(model, x=x)
    size = model.ByteSize()
    model.graph.node[1].doc_string = "how it came about"
    found = slim(model)
    (after,) = run(found, x=x)
    np.testing.assert_array_equal(after, before)
    assert found.ByteSize() < size
    assert [node.name for node in found.graph.node] == ["", "own"]
    assert [one.domain for one in found.opset_import] == [""]


def test_what_holds_without_being_said_is_not_said():
    """Of windows that is in the words of the operators alone; an axis of stored numbers stays."""
    weight = np.random.default_rng(0).normal(size=(2, 1, 3, 3)).astype(np.float32)
    numbers = {"alpha": 1.0, "beta": 1.0, "transB": 0}
    along = {"dilations": [1, 1], "strides": [1, 1], "pads": [0] * 4, "auto_pad": "NOTSET"}
    nodes = [
        node("Conv", "x w", "c", "own", group=1, kernel_shape=[3, 3], **along),
        node(
            "MaxPool", "c", "p", "", kernel_shape=[2, 2], ceil_mode=0, **along | {"strides": [2, 2]}
        ),
        node("Conv", "p v", "d", "", group=2, **along | {"pads": [1, 0, 0, 0]}),
        node("Flatten", "d", "f", "", axis=1),
        node("Gemm", "f g", "h", "", **numbers),
        node("Gelu", "h", "y", "", approximate="none"),
    ]
    stored = {"w": weight, "v": weight[:, :, :1, :1], "g": np.ones((24, 3), np.float32)}
    model = model_of(nodes, {"x": ["n", 1, 8, 8]}, {"y": ["n", 3]}, stored)
    x = np.random.default_rng(1).normal(size=(4, 1, 8, 8)).astype(np.float32)
    (before,) = run(model, x=x)
    found = slim(model)
    onnx.checker.check_model(found, full_check=True)
    np.testing.assert_array_equal(run(found, x=x)[0], before)
    left = [{one.name for one in node.attribute} for node in found.graph.node]
    kept = [{"kernel_shape"}, {"kernel_shape", "strides"}, {"group", "pads"}, set(), set(), set()]
    assert left == kept
    for axis, known in ((0, ["axis"]), (1, [])):
        decoded = slim(eight_bits(RIGHT if axis else RIGHT.T.copy(), axis))
        assert [one.name for one in decoded.graph.node[0].attribute] == known


def test_what_is_wide_for_nothing_becomes_narrow():
    """Channels by their numbers, and biases, whose zero point can be no other."""
    stored = {
        "places": np.array([2, 0]),
        "form": np.array([-1, 2]),
        "bias": np.array([7, -3], np.int32),
        "step": np.array([0.5, 0.25], np.float32),
        "zero": np.zeros(2, np.int32),
    }
    nodes = [
        node("Gather", "x places", "some", "own", axis=1),
        node("Reshape", "some form", "formed", "other"),
        node("DequantizeLinear", "bias step zero", "decoded", "", axis=0),
        node("Add", "formed decoded", "y", "add"),
    ]
    model = model_of(nodes, {"x": ["n", 3]}, {"y": ["n", 2]}, stored)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    (before,) = run(model, x=x)
    found = slim(model)
    onnx.checker.check_model(found, full_check=True)
    np.testing.assert_array_equal(run(found, x=x)[0], before)
    np.testing.assert_allclose(before, x[:, [2, 0]] + [3.5, -0.75], rtol=1e-6)
    kinds = sorted(numpy_helper.to_array(one).dtype.name for one in found.graph.initializer)
    assert kinds == ["float32", "int32", "int32", "int64"]
    ((_, bias),) = stored_numbers(found).items()
    np.testing.assert_array_equal(bias.values, [3.5, -0.75])


def test_relu_before_pooling_gives_the_same():
    nodes = [
        node("MaxPool", "x", "pooled", "pool", kernel_shape=[2], strides=[2]),
        node("Relu", "pooled", "positive", "relu"),
        node("Add", "positive b", "y", "add"),
    ]
    ends = {"x": ["n", 2, 6]}, {"y": ["n", 2, 3]}
    model = model_of(nodes, *ends, {"b": np.ones(1, np.float32)})
    x = np.random.default_rng(0).normal(size=(4, 2, 6)).astype(np.float32)
    (before,) = run(model, x=x)
    found = activations_first(model)
    assert [node.op_type for node in found.graph.node] == ["Relu", "MaxPool", "Add"]
    onnx.checker.check_model(found, full_check=True)
    np.testing.assert_array_equal(run(found, x=x)[0], before)


def test_pooling_that_somebody_else_reads_stays_first():
    nodes = [
        node("MaxPool", "x", "pooled", "pool", kernel_shape=[2], strides=[2]),
        node("Relu", "pooled", "positive", "relu"),
        node("Add", "positive pooled", "y", "add"),
    ]
    found = activations_first(model_of(nodes, {"x": ["n", 2, 6]}, {"y": ["n", 2, 3]}, {}))
    assert [node.op_type for node in found.graph.node] == ["MaxPool", "Relu", "Add"]
