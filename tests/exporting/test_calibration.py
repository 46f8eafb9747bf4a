"""On what ranges are found, and that they are right."""

import numpy as np
import onnx
import pytest
import torch

from paretocli.exporting.fewer_bits.calibration import calibration_batches, ranges
from paretocli.exporting.fewer_bits.half import half_variants
from paretocli.exporting.fewer_bits.stored_numbers import stored_numbers
from paretocli.exporting.fewer_bits.variants import Exact
from tests.exporting.test_stored_numbers import model_of, node
from tests.toys import vectors


def test_training_samples_alone_and_the_same_ones_each_time():
    problem = vectors(sizes=(90, 40, 40))
    first, again = (list(calibration_batches(problem, ["numbers"], 70)) for _ in range(2))
    assert [len(batch["numbers"]) for batch in first] == [32, 32, 6]
    rows = np.concatenate([batch["numbers"] for batch in first])
    train = {row.tobytes() for row in problem.train.inputs.numpy()}
    assert len({row.tobytes() for row in rows} & train) == 70
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one["numbers"], other["numbers"])


@pytest.fixture
def file(tmp_path):
    nodes = [node("MatMul", "x w", "h", "first"), node("Relu", "h", "y", "second")]
    weight = np.array([[1.0, -1.0], [0.0, 2.0]], np.float32)
    onnx.save(model_of(nodes, {"x": ["n", 2]}, {"y": ["n", 2]}, {"w": weight}), tmp_path / "x.onnx")
    return tmp_path / "x.onnx"


def ends(tensor):
    return [end.item() for end in tensor.range_value]


def test_ranges_are_those_of_all_batches(file):
    batches = [{"x": np.array([[3.0, 1.0]], np.float32)}, {"x": np.array([[-1, 4.0]], np.float32)}]
    found = ranges(file, iter(batches), "min-max", ["MatMul", "Relu"])
    assert ends(found["x"]) == [-1.0, 4.0]
    assert ends(found["h"]) == [-1.0, 9.0]
    assert ends(found["y"]) == [0.0, 9.0]


@pytest.mark.parametrize("method", ["entropy", "percentile 99.99"])
def test_what_is_not_finite_has_no_range(method, file):
    batch = {"x": np.array([[np.nan, 1.0]], np.float32)}
    with pytest.raises(ValueError, match="finite"):
        ranges(file, iter([batch]), method, ["MatMul", "Relu"])


@pytest.mark.parametrize(("kind", "like"), [("FLOAT16", torch.half), ("BFLOAT16", torch.bfloat16)])
def test_numbers_are_rounded_to_the_nearest(kind, like, tmp_path):
    """As torch does it; what is too large for the kind stays as it is."""
    values = torch.randn(2, 64, generator=torch.Generator().manual_seed(0)) * 100
    values[0, 0], values[0, 1] = 1e-7, 65000.0
    large = torch.full((64, 1), 1e5 if kind == "FLOAT16" else torch.inf)
    nodes = [node("MatMul", "x w", "h", "own"), node("MatMul", "h large", "y", "other")]
    stored = {"w": values.numpy(), "large": large.numpy()}
    onnx.save(model_of(nodes, {"x": ["n", 2]}, {"y": ["n", 1]}, stored), tmp_path / "x.onnx")
    (variant,) = half_variants(Exact(tmp_path / "x.onnx", {}, lambda: iter(())), kind)
    assert tuple(variant.layers) == ("w",)
    found = stored_numbers(variant.make(()))["w", 1]
    assert found.bits == 16
    np.testing.assert_array_equal(found.values, values.to(like).double().numpy())
