"""ONNX models in less bytes, which give the same, bit for bit."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, numpy_helper

from paretocli.exporting.fewer_bits.slimming import slim
from paretocli.exporting.fewer_bits.stored_numbers import stored_numbers
from tests.exporting.onnx_models import RIGHT, eight_bits, model_of, node, run

CHANNELS, SIDE, CLASSES = 20, 6, 12
LEFT_BY_POOLING = CHANNELS * (SIDE // 2) ** 2


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
    assert kinds == ["float32", "int32", "int32"]
    ((_, bias),) = stored_numbers(found).items()
    np.testing.assert_array_equal(bias.values, [3.5, -0.75])


def optimised(model, tmp_path):
    """How many nodes of each kind onnxruntime makes of it."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 3  # not that the file is for this machine alone
    onnxruntime.InferenceSession(model.SerializeToString(), options)
    nodes = onnx.load(options.optimized_model_filepath).graph.node
    return Counter(one.op_type for one in nodes)


def quantised_network(zero=100):
    """Pooling, a row a sample, and chosen places, between what is in eight bits; then two products.

    `zero` is the zero point of what is encoded after the pooling.
    """
    rng = np.random.default_rng(0)
    places = np.sort(rng.choice(LEFT_BY_POOLING, 90, replace=False))
    steps = rng.uniform(0.01, 0.1, CLASSES).astype(np.float32)
    stored = {
        "s": np.array(0.02, np.float32),
        "z": np.array(100, np.uint8),
        "za": np.array(zero, np.uint8),
        "form": np.array([-1, LEFT_BY_POOLING]),
        "places": places,
        "w": rng.integers(-127, 128, (CLASSES, 90)).astype(np.int8),
        "ws": steps,
        "wz": np.zeros(CLASSES, np.int8),
        "b": rng.integers(-999, 999, CLASSES).astype(np.int32),
        "bs": np.float32(0.02) * steps,
        "bz": np.zeros(CLASSES, np.int32),
        "w2": rng.integers(-127, 128, (CLASSES, CLASSES)).astype(np.int8),
        "wz2": np.zeros(CLASSES, np.int8),
    }
    nodes = [
        node("QuantizeLinear", "x s z", "x8"),
        node("DequantizeLinear", "x8 s z", "xd"),
        node("MaxPool", "xd", "p", "", kernel_shape=[2, 2], strides=[2, 2]),
        node("QuantizeLinear", "p s za", "p8"),
        node("DequantizeLinear", "p8 s za", "pd"),
        node("Reshape", "pd form", "f", "", allowzero=1),
        node("QuantizeLinear", "f s za", "f8"),
        node("DequantizeLinear", "f8 s za", "fd"),
        node("Gather", "fd places", "g", "", axis=1),
        node("QuantizeLinear", "g s za", "g8"),
        node("DequantizeLinear", "g8 s za", "gd"),
        node("DequantizeLinear", "w ws wz", "wd", "", axis=0),
        node("DequantizeLinear", "b bs bz", "bd", "", axis=0),
        node("Gemm", "gd wd bd", "h", "first", transB=1),
        node("DequantizeLinear", "w2 ws wz2", "w2d", "", axis=0),
        node("MatMul", "h w2d", "y", "second"),
    ]
    ends = {"x": ["n", CHANNELS, SIDE, SIDE]}, {"y": ["n", CLASSES]}
    return model_of(nodes, *ends, stored)


def outputs(model, optimised):
    options = onnxruntime.SessionOptions()
    if not optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    x = np.random.default_rng(1).normal(size=(8, CHANNELS, SIDE, SIDE)).astype(np.float32)
    return session.run(None, {"x": x})[0]


@pytest.mark.parametrize("optimised", [True, False])
def test_a_quantised_network_gives_the_same(optimised):
    before = outputs(quantised_network(), optimised)
    found = slim(quantised_network())
    onnx.checker.check_model(found, full_check=True)
    np.testing.assert_array_equal(outputs(found, optimised), before)


def test_eight_bits_pass_through_what_moves_them():
    found = slim(quantised_network())
    operators = [one.op_type for one in found.graph.node]
    between = operators[operators.index("QuantizeLinear") : operators.index("Gemm")]
    assert [one for one in between if one not in ("Cast", "Mul")] == [
        *("QuantizeLinear", "MaxPool", "Flatten", "Gather"),
        *["DequantizeLinear"] * 3,
    ]
    other = slim(quantised_network(zero=90))
    operators = [one.op_type for one in other.graph.node]
    assert operators.count("QuantizeLinear") == 2  # pooling takes from the one to the other


def test_nothing_is_stored_that_follows_from_the_rest():
    """Steps of biases, shapes, and zero points a second time."""
    found = slim(quantised_network())
    stored = [numpy_helper.to_array(one) for one in found.graph.initializer]
    forms = sorted((one.dtype.name, one.shape) for one in stored)
    assert forms == [
        ("float32", ()),
        ("float32", (CLASSES,)),
        ("int32", (CLASSES,)),
        ("int8", (CLASSES,)),
        ("int8", (CLASSES, CLASSES)),
        ("int8", (CLASSES, 90)),
        ("uint8", ()),
        ("uint8", (90,)),
    ]


def test_what_is_stored_is_read_as_before():
    before, after = stored_numbers(quantised_network()), stored_numbers(slim(quantised_network()))
    assert before.keys() == after.keys() == {("first", 1), ("first", 2), ("second", 1)}
    for key, right in before.items():
        np.testing.assert_array_equal(after[key].values, right.values)
        np.testing.assert_array_equal(after[key].error, right.error)


def test_rows_of_an_embedding_are_decoded_where_they_are_read():
    stored = {
        "rows": np.arange(12, dtype=np.int8).reshape(6, 2),
        "s": np.array(0.5, np.float32),
        "z": np.array(0, np.int8),
        "place": np.array([[1, 5]]),
    }
    nodes = [
        node("DequantizeLinear", "rows s z", "decoded"),
        node("Gather", "decoded place", "some", "embedding"),
        node("QuantizeLinear", "some s z", "some8"),
        node("DequantizeLinear", "some8 s z", "again"),
        node("Add", "again x", "y"),
    ]
    model = model_of(nodes, {"x": ["n", 2, 2]}, {"y": ["n", 2, 2]}, stored)
    x = np.zeros((1, 2, 2), np.float32)
    found = slim(model)
    np.testing.assert_array_equal(run(found, x=x)[0], [[[1, 1.5], [5, 5.5]]])
    assert ("embedding", 0) in stored_numbers(found)


def test_axes_of_unknown_length_are_not_made_a_row_a_sample():
    nodes = [node("Reshape", "x form", "y")]
    for shape, operator in (([-1, 6], "Flatten"), ([-1, 3], "Reshape")):
        stored = {"form": np.array(shape)}
        model = model_of(nodes, {"x": ["n", 2, 3]}, {"y": ["m", "k"]}, stored)
        assert [one.op_type for one in slim(model).graph.node] == [operator]
    model = model_of(nodes, {"x": ["n", "t", 3]}, {"y": ["m", 3]}, {"form": np.array([-1, 3])})
    assert [one.op_type for one in slim(model).graph.node] == ["Reshape"]


@pytest.mark.parametrize(("largest", "kind"), [(255, "uint8"), (256, "uint16"), (65536, "int32")])
def test_places_take_as_few_bits_as_they_can(largest, kind):
    places = np.arange(60)
    places[-1] = largest
    nodes = [node("Gather", "x places", "y", "", axis=1)]
    wide = {"x": ["n", 65537]}
    found = slim(model_of(nodes, wide, {"y": ["n", 60]}, {"places": places}))
    (stored,) = found.graph.initializer
    assert numpy_helper.to_array(stored).dtype.name == kind
    x = np.arange(65537, dtype=np.float32)[None]
    np.testing.assert_array_equal(run(found, x=x)[0], places[None])
    few = slim(model_of(nodes, wide, {"y": ["n", 3]}, {"places": places[-3:]}))
    assert few.graph.initializer[0].data_type == TensorProto.INT32


def test_parts_that_are_taken_one_by_one_are_still_split(tmp_path):
    """Queries, keys and values: onnxruntime makes one node of what takes them."""
    stored = {f"place{part}": np.array(part) for part in range(3)}
    nodes = [node("Gather", f"x place{part}", f"part{part}", "", axis=1) for part in range(3)]
    nodes += [node("Mul", "part0 part1", "product"), node("Add", "product part2", "y")]
    model = model_of(nodes, {"x": ["n", 3, 4]}, {"y": ["n", 4]}, stored)
    assert optimised(model, tmp_path)["Split"] == 1
    assert optimised(slim(model), tmp_path)["Split"] == 1
