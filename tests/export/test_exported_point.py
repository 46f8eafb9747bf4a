"""Exporting a point that nobody had to train."""

import json

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from paretocli.errors import InputError, RunError
from paretocli.export import export
from paretocli.export.export import export_point
from paretocli.export.point import SolvedPoint
from paretocli.problems.problem import Problem, Samples, Task


class TwoInputs(nn.Module):
    """Numbers and words by name, as a dictionary batch hands them over."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(7, 4)
        self.hidden = nn.Linear(4 + 3, 8)
        self.heads = nn.ModuleList(nn.Linear(8, 2) for _ in range(2))

    def forward(self, numbers, words):
        both = torch.cat([numbers.float(), self.words(words).mean(dim=1)], dim=1)
        return [head(torch.relu(self.hidden(both))) for head in self.heads]


def squared(output, target):
    return ((output - target) ** 2).mean()


@pytest.fixture
def solved(tmp_path):
    torch.manual_seed(0)
    network = TwoInputs().eval()
    with torch.no_grad():
        for head in network.heads:
            head.weight[:, 2:6] = 0
    inputs = {"numbers": torch.randn(9, 3).double(), "words": torch.randint(0, 7, (9, 5))}
    samples = Samples(inputs, (torch.randn(9, 2), torch.randn(9, 2)))
    problem = Problem(
        name="two",
        tasks=[Task(name, squared, {"error": squared}) for name in ("a b", "class")],
        train=samples,
        val=samples,
        test=samples,
        prepare=lambda inputs: inputs,
        networks={"own": TwoInputs},
    )
    file = tmp_path / "point.safetensors"
    save_file(network.state_dict(), file)
    record = {"point": 3, "weights": [0.5, 0.5]}
    return SolvedPoint(tmp_path / "run", record, problem, network, file)


def test_a_network_with_several_inputs(solved, tmp_path):
    found = export_point(solved, tmp_path / "out", ["program", "onnx"], threads=1)
    assert max(found.differences.values()) < 1e-5
    # Four of the eight hidden neurons, with 8 numbers each, and their columns in both heads.
    assert found.before.parameters - found.after.parameters == 4 * (7 + 1) + 2 * 4 * 2
    text = (tmp_path / "out" / "network.py").read_text()
    assert "a_b, output_class = network(numbers, words)" in text
    assert "numbers: float64 (B, 3)" in text
    report = json.loads((tmp_path / "out" / "export.json").read_text())
    assert report["before"]["metrics"].keys() == {"error_a b", "error_class"}


def test_a_folder_in_use_is_refused(solved, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(InputError, match="out is there already; name a new folder with --out"):
        export_point(solved, tmp_path / "out", [], threads=1)


def test_other_outputs_are_refused_and_nothing_is_written(solved, tmp_path, monkeypatch):
    def wrong(module):
        module.hidden_weight.mul_(1.01)
        return module

    monkeypatch.setattr(export, "compacted", torch.no_grad()(wrong))
    with pytest.raises(RunError, match="module made of the small network gives outputs that"):
        export_point(solved, tmp_path / "out", [], threads=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["point.safetensors"]
