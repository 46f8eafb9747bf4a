"""Exporting a point that nobody had to train."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from paretocli.compaction import shipping
from paretocli.core.problem import Problem, Samples, Task
from paretocli.errors import InputError, RunError
from paretocli.exporting.export import export_point
from paretocli.exporting.plain import read_plain
from paretocli.exporting.point import SolvedPoint
from tests.exporting.handed_over import TwoInputs
from tests.program import files_below


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
    return point_of(network, inputs, tmp_path)


def point_of(network, inputs, folder):
    """A point with two outputs (B, 2), on nine samples."""
    samples = Samples(inputs, (torch.randn(9, 2), torch.randn(9, 2)))
    problem = Problem(
        name="two",
        tasks=[Task(name, squared, {"error": squared}) for name in ("a b", "class")],
        train=samples,
        val=samples,
        test=samples,
        prepare=lambda inputs: inputs,
        networks={"own": type(network)},
    )
    file = folder / "point.safetensors"
    save_file(network.state_dict(), file)
    record = {"point": 3, "weights": [0.5, 0.5]}
    return SolvedPoint(folder / "run", record, problem, network, file)


def test_a_network_with_several_inputs(solved, tmp_path):
    found = export_point(solved, tmp_path / "out", ["program", "onnx"], threads=1)
    assert max(gap for gaps in found.differences.values() for gap in gaps.values()) < 1e-5
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


class OddNames(nn.Module):
    """Arguments whose names torch changes in a graph, or that the written module has in use."""

    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(3, 2) for _ in range(2))

    def forward(self, X, input, F):  # noqa: N803 - that they are odd is what is tested
        return [head(torch.relu(X) - torch.tanh(input) + F) for head in self.heads]


def test_arguments_keep_their_names(tmp_path):
    inputs = {name: torch.randn(9, 3) for name in ("X", "input", "F")}
    solved = point_of(OddNames().eval(), inputs, tmp_path)
    export_point(solved, tmp_path / "out", ["program", "onnx"], threads=1)
    found = read_plain(tmp_path / "out")(X=inputs["X"], input=inputs["input"], inputs_F=inputs["F"])
    for one, other in zip(found, solved.network(**inputs), strict=True):
        torch.testing.assert_close(one, other)


def test_inputs_that_are_single_numbers(tmp_path):
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Embedding(7, 2), nn.Embedding(5, 2)

        def forward(self, left, right):
            return [self.left(left), self.left(left) * self.right(right)]

    inputs = {"left": torch.randint(0, 7, (9,)), "right": torch.randint(0, 5, (9,))}
    found = export_point(point_of(Pair(), inputs, tmp_path), tmp_path / "out", ["onnx"], threads=1)
    assert found.after.parameters == found.before.parameters


def test_nothing_else_is_written(solved, tmp_path, monkeypatch):
    """Nor is the module's cache."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    found = export_point(solved, tmp_path / "out", [], threads=1)
    assert set(files_below(tmp_path / "out")) == set(found.files)


@pytest.mark.parametrize("out", [".", "empty"])
def test_a_folder_that_is_there_and_empty_is_filled(out, solved, tmp_path, monkeypatch):
    folder = tmp_path / "work" / out
    folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    before = folder.stat().st_ino
    found = export_point(solved, Path(out), [], threads=1)
    assert set(files_below(folder)) == set(found.files)
    assert folder.stat().st_ino == before


def test_latencies_are_those_of_batches_that_fit(solved, tmp_path):
    solved = replace(solved, problem=replace(solved.problem, evaluation_batch=4))
    found = export_point(solved, tmp_path / "out", [], threads=1)
    assert list(found.after.latency) == ["torch, batch 1", "torch, batch 4"]


@pytest.mark.parametrize("factor", [1.01, torch.nan])
def test_other_outputs_are_refused_and_nothing_is_written(factor, solved, tmp_path, monkeypatch):
    def wrong(module):
        module.hidden_weight.mul_(factor)
        return module

    monkeypatch.setattr(shipping, "compacted", torch.no_grad()(wrong))
    with pytest.raises(RunError, match="module made of the small network gives outputs of task"):
        export_point(solved, tmp_path / "new" / "er" / "out", [], threads=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["point.safetensors"]
