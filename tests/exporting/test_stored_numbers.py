"""What ONNX files store, and models that say the same in another form."""

import numpy as np
import onnx
import pytest

from paretocli.errors import RunError
from paretocli.exporting.fewer_bits.onnx_layers import named_layers
from paretocli.exporting.fewer_bits.pooling_order import activations_first
from paretocli.exporting.fewer_bits.stored_numbers import refuse_wrong_numbers, stored_numbers
from tests.exporting.onnx_models import RIGHT, eight_bits, model_of, node, run

WEIGHT = np.array([[0.5, -1.0, 0.25], [8.0, 2.0, -4.0]], np.float32)


def exact():
    nodes = [node("MatMul", "x val_1", "y", "node_7")]
    return model_of(nodes, {"x": ["n", 3]}, {"y": ["n", 2]}, {"val_1": WEIGHT.T.copy()})


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
