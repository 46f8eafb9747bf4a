"""Each runtime gives what the network gives, and says by name what it cannot take."""

import sys
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from paretocli.errors import InputError, RunError
from paretocli.exporting.runtimes.converting import converting, lacking_operators
from paretocli.exporting.runtimes.core_ml_package import (
    Feature,
    plain_names,
    put_package,
    read_package,
)
from paretocli.exporting.runtimes.core_ml_stored import refuse_other_features
from paretocli.exporting.verifying.verified_outputs import RUNNERS
from tests.formats import format_here
from tests.program import files_below

ROWS = 70  # more than ExecuTorch's programs take at once


class Small(nn.Module):
    """Two tasks of an image in bytes and two numbers."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 3, 3)
        self.left, self.right = nn.Linear(3 * 16 + 2, 4), nn.Linear(3 * 16 + 2, 1)

    def forward(self, images, numbers):
        maps = self.convolution(images.float() / 255).relu()
        features = torch.cat([maps.flatten(1), numbers], dim=1)
        return [self.left(features).softmax(1), self.right(features)]


class Spectrum(nn.Module):
    """Singular values, which no format has."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 9)

    def forward(self, numbers):
        return [torch.linalg.svdvals(self.layer(numbers).reshape(-1, 3, 3))]


@pytest.mark.parametrize("name", ["openvino", "executorch", "litert"])
def test_it_gives_what_the_network_gives(name, tmp_path):
    form = format_here(name)
    torch.manual_seed(0)
    network = Small().eval()
    inputs = {
        "images": torch.randint(256, (ROWS, 1, 6, 6), dtype=torch.uint8),
        "numbers": torch.randn(ROWS, 2),
    }
    few = {key: tensor[:2] for key, tensor in inputs.items()}
    with torch.no_grad():
        form.write(network, ["left", "right"], few, tmp_path)
        right = network(*inputs.values())
        network.left.bias[2] += 0.01
        wrong = network(*inputs.values())
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(form.files)
    found = form.read(tmp_path)(*inputs.values())
    for output, value in zip(found, right, strict=True):
        assert torch.allclose(output, value, rtol=0, atol=form.tolerance)
    assert not torch.allclose(found[0], wrong[0], rtol=0, atol=form.tolerance)
    ending = Path(form.files[0]).suffix
    arrays = [tensor.numpy()[:3] for tensor in inputs.values()]
    for output, value in zip(RUNNERS[ending](tmp_path / form.files[0], arrays), right, strict=True):
        assert torch.allclose(torch.as_tensor(output), value[:3], rtol=0, atol=form.tolerance)
    first = next(iter(form.timed(tmp_path, 1)(*few.values())))
    assert torch.allclose(torch.as_tensor(first), right[0][:2], rtol=0, atol=form.tolerance)


@pytest.mark.parametrize("name", ["onnx", "openvino", "executorch", "litert", "coreml"])
def test_an_operator_that_it_lacks_is_named(name, tmp_path, capfd):
    form = format_here(name)
    with pytest.raises(InputError, match=rf"has no [\w.]*linalg_svd.* Leave {name} out"):
        form.write(Spectrum().eval(), ["values"], {"numbers": torch.rand(2, 4)}, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_what_runtimes_say_that_they_lack():
    said = """Check failed
OpenVINO does not support the following ONNX operations: ai.onnx.Foo, com.us.Bar
[method.cpp:730] Missing operator: [3] aten::trace.out
[method.cpp:730] Missing operator: [3] aten::trace.out
Lowering not found: aten._linalg_svd.default
Unsupported fx node trace_2, kind trace
Unsupported fx node one, kind mine::own.tensor
"""
    names = ["ai.onnx.Foo", "com.us.Bar", "aten::trace.out", "aten._linalg_svd.default"]
    names += ["trace", "mine::own.tensor"]
    assert lacking_operators(said) == names
    assert lacking_operators("While executing aten.div.Tensor: a shape is unknown") == []


@pytest.fixture(scope="module")
def apples(tmp_path_factory):
    """A network as a package of Core ML: the network, its inputs and the folder."""
    form = format_here("coreml")
    torch.manual_seed(0)
    network, folder = Small().eval(), tmp_path_factory.mktemp("coreml")
    inputs = {
        "images": torch.randint(256, (ROWS, 1, 6, 6), dtype=torch.uint8),
        "numbers": torch.randn(ROWS, 2),
    }
    few = {key: tensor[:2] for key, tensor in inputs.items()}
    form.write(network, ["linear", "a b"], few, folder)
    return form, network, inputs, few, folder


def test_core_ml_says_and_holds_what_the_network_does(apples, tmp_path):
    form, network, _, few, folder = apples
    package = read_package(folder / form.files[0])
    assert package.inputs == (
        Feature("images", "INT32", (1, 6, 6), 1, 64),
        Feature("numbers", "FLOAT32", (2,), 1, 64),
    )
    # A step within has the name of the first output.
    assert package.outputs == (Feature("linear", "FLOAT32"), Feature("a_b", "FLOAT32"))
    assert any((array == 255).all() for array in package.numbers)
    assert form.stored(network, ["linear", "a b"], few, folder) == (6, 6)
    with pytest.raises(RunError, match="takes or gives something else"):
        refuse_other_features(package, ["a b", "linear"], few)
    with pytest.raises(RunError, match="takes or gives something else"):
        refuse_other_features(package, ["linear", "a b"], {**few, "numbers": few["images"]})
    form.write(network, ["linear", "a b"], few, tmp_path)
    assert files_below(tmp_path) == files_below(folder)


def test_a_wrong_weight_in_core_ml_is_found(apples):
    form, network, _, few, folder = apples
    planted = deepcopy(network)
    with torch.no_grad():
        planted.right.bias += 1e-6
    with pytest.raises(RunError, match=r"not hold its numbers right\.bias; nothing was wri"):
        form.stored(planted, ["linear", "a b"], few, folder)


def test_core_ml_on_macos(apples, monkeypatch):
    import coremltools

    form, network, inputs, _, folder = apples

    class Model:
        """Gives what the network gives, as the runtime on macOS does."""

        def __init__(self, path, compute_units):
            assert compute_units == coremltools.ComputeUnit.CPU_ONLY
            self._spec = coremltools.utils.load_spec(path)

        def get_spec(self):
            return self._spec

        @torch.no_grad()
        def predict(self, arrays):
            assert arrays["images"].dtype == "int32"
            assert len(arrays["images"]) <= 64
            images = torch.from_numpy(arrays["images"]).to(torch.uint8)
            left, right = network(images, torch.from_numpy(arrays["numbers"]))
            return {"a_b": right.numpy(), "linear": left.numpy()}

    assert form.not_run() == ("" if sys.platform == "darwin" else "Core ML runs on macOS alone")
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("coremltools.models.MLModel", Model)
    assert not form.not_run()
    with torch.no_grad():
        right = network(*inputs.values())
    for output, value in zip(form.read(folder)(*inputs.values()), right, strict=True):
        assert torch.allclose(output, value, atol=1e-6)
    arrays = [tensor.numpy()[:3] for tensor in inputs.values()]
    package = folder / form.files[0]
    for output, value in zip(RUNNERS[".mlpackage"](package, arrays), right, strict=True):
        assert torch.allclose(torch.as_tensor(output), value[:3], atol=1e-6)


def test_what_core_ml_cannot_tell_apart(tmp_path):
    one = SimpleNamespace(name="numbers")
    spec = SimpleNamespace(description=SimpleNamespace(input=[one], output=[one]))
    model = SimpleNamespace(get_spec=lambda: spec)
    with pytest.raises(ValueError, match="two of its inputs and outputs are one tensor"):
        put_package(model, ["numbers"], ["values"], tmp_path)
    assert plain_names(["a b", "a.b", "1ä", "a_b_2"]) == ["a_b", "a_b_2", "_1_", "a_b_2_2"]


def test_a_failure_without_an_operator_is_quoted():
    sentence = r"Foo does not take this network; it stops with “a \[1\] shape”. Leave foo out"
    with pytest.raises(InputError, match=sentence), converting("Foo", "foo"):
        raise RuntimeError("\x1b[96ma [1] shape\x1b[0m\nand more")


def test_packages_that_are_missing_are_named_with_their_extra(monkeypatch):
    from paretocli.exporting.asked_formats import require_format

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr("paretocli.extras.import_module", missing)
    for name in ("openvino", "executorch", "litert", "coreml"):
        with pytest.raises(InputError, match=rf"paretocli\[{name}\]'"):
            require_format(name)


def test_an_onnx_file_holds_no_notes(tmp_path):
    import onnx

    form = format_here("onnx")
    few = {"images": torch.zeros(2, 1, 6, 6, dtype=torch.uint8), "numbers": torch.zeros(2, 2)}
    form.write(Small().eval(), ["left", "right"], few, tmp_path)
    content = (tmp_path / "network.onnx").read_bytes()
    assert b".py" not in content
    graph = onnx.load_from_string(content).graph
    numbers = sum(len(one.raw_data) for one in graph.initializer)
    assert len(content) - numbers < 4_000
    assert [one.name for one in graph.input] == ["images", "numbers"]
    assert "left.weight" in {one.name for one in graph.initializer}
