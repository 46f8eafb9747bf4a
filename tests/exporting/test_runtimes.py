"""Each runtime gives what the network gives, and says by name what it cannot take."""

from pathlib import Path

import pytest
import torch
from torch import nn

from paretocli.errors import InputError
from paretocli.exporting.runtimes.converting import converting, lacking_operators
from paretocli.exporting.verifying.verified_outputs import RUNNERS
from tests.formats import format_here

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


@pytest.mark.parametrize("name", ["onnx", "openvino", "executorch", "litert"])
def test_an_operator_that_it_lacks_is_named(name, tmp_path, capfd):
    form = format_here(name)
    with pytest.raises(InputError, match=rf"has no aten\._linalg_svd.* Leave {name} out"):
        form.write(Spectrum().eval(), ["values"], {"numbers": torch.rand(2, 4)}, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_what_runtimes_say_that_they_lack():
    said = """Check failed
OpenVINO does not support the following ONNX operations: ai.onnx.Foo, com.us.Bar
[method.cpp:730] Missing operator: [3] aten::trace.out
[method.cpp:730] Missing operator: [3] aten::trace.out
Lowering not found: aten._linalg_svd.default
"""
    names = ["ai.onnx.Foo", "com.us.Bar", "aten::trace.out", "aten._linalg_svd.default"]
    assert lacking_operators(said) == names
    assert lacking_operators("While executing aten.div.Tensor: a shape is unknown") == []


def test_a_failure_without_an_operator_is_quoted():
    sentence = r"Foo does not take this network; it stops with “a \[1\] shape”. Leave foo out"
    with pytest.raises(InputError, match=sentence), converting("Foo", "foo"):
        raise RuntimeError("\x1b[96ma [1] shape\x1b[0m\nand more")


def test_packages_that_are_missing_are_named_with_their_extra(monkeypatch):
    from paretocli.exporting.asked_formats import require_format

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr("paretocli.extras.import_module", missing)
    for name in ("openvino", "executorch", "litert"):
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
