"""Auxiliary losses from the problem to the run directory and to what is exported."""

import json
from types import SimpleNamespace

import pytest
import torch

from paretocli.cli.check_report import _listed
from paretocli.cli.loss_text import auxiliary_plan, auxiliary_text
from paretocli.cli.report import dry_run_report
from paretocli.compaction.shipping import compact_network
from paretocli.compaction.trace import trace
from paretocli.core.as_used import AsUsed
from paretocli.errors import InputError
from paretocli.exporting.possible import export_trial
from paretocli.front.exchange import Exchange
from paretocli.front.methods import method_names
from paretocli.front.results import read_results
from paretocli.planning.answered import refuse_answered
from paretocli.run_directory.sweep_file import read_sweep_file
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory
from tests.sweeping.test_collect import Told, never

SOURCE = """
import torch
from torch import nn
from paretocli import Defaults, Problem, Samples, Task


class Experts(nn.Module):
    def __init__(self):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(4, 6) for _ in range(2))
        self.gate = nn.Linear(4, 2)
        self.body = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU())
        self.heads = nn.Linear(5, 2)

    def forward(self, inputs):
        gate = self.gate(inputs).softmax(dim=1)
        parts = torch.stack([torch.relu(expert(inputs)) for expert in self.experts], dim=1)
        left, right = self.heads(self.body((gate.unsqueeze(2) * parts).sum(dim=1))).unbind(dim=1)
        balance = 2 * (gate.mean(dim=0) ** 2).sum()
        return {"left": left, "right": right, "balance": balance}


def squared(output, target):
    return (output - target) ** 2


def make(c=0.5):
    inputs = torch.randn(48, 4, generator=torch.Generator().manual_seed(0))
    data = Samples(inputs, (inputs.sum(dim=1), inputs[:, 0] - inputs[:, 1]))
    tasks = [Task(name, squared, lower_bound=0.0) for name in ("left", "right")]
    defaults = Defaults(points=2, epochs=2, retrain_epochs=1, batch_size=16, lr=0.01)
    return Problem(
        name="experts", tasks=tasks, train=data, val=data, test=data, networks={"own": Experts},
        auxiliary={"balance": c}, defaults=defaults,
    )
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("auxiliary") / "experts.py"
    path.write_text(SOURCE)
    return path


def swept(file, out, stop=never, **options):
    fixed = {"threads": 1, "device": "cpu", "checkpoint_every": 0.0, "epochs": 2}
    asked = {"problem": f"{file}:make", "out": str(out), "jobs": 1, **fixed, **options}
    found = resolve(asked)
    directory = RunDirectory(found.config.out)
    how = {"checksums": found.checksums, "stop": stop, "traced": found.traced}
    return found, run_sweep(found.config, found.problem, directory, Told(), **how)


def history(out):
    files = sorted((out / "history").glob("*.jsonl"))
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [line | {"seconds": 0} for line in lines]


def timeless(records):
    return [record | {"seconds": 0} for record in records]


@pytest.fixture(scope="module")
def run(file, tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    found, records = swept(file, out)
    return out, found, records


def test_each_epoch_and_each_point_says_what_they_are(run):
    out, found, records = run
    assert found.config.sparsity
    assert read_sweep_file(out).config["auxiliary"] == {"balance": 0.5}
    lines = history(out)
    assert len(lines) == 2 * 3
    for one in (*lines, *records):
        assert one["auxiliary"].keys() == {"balance"}
        assert 1 <= one["auxiliary"]["balance"] <= 2
        assert one["loss"]["val"].keys() == {"sparsity", "left", "right"}
    assert all(0 <= record["stationarity"] <= 1 for record in records)


def test_one_after_another(file, tmp_path, run):
    _, apart = swept(file, tmp_path / "apart", stack=1)
    for one, other in zip(run[2], apart, strict=True):
        assert one["auxiliary"] == pytest.approx(other["auxiliary"], abs=1e-5)
        assert one["loss"]["val"] == pytest.approx(other["loss"]["val"], abs=1e-5)


@pytest.mark.parametrize(
    "options", [{"patience": 1, "transfer": "neighbours"}, {"transfer": "split"}]
)
def test_a_stopped_sweep_goes_on_to_the_same_end(file, tmp_path, options):
    _, whole = swept(file, tmp_path / "whole", **options)
    halves = tmp_path / "halves"
    swept(file, halves, stop=lambda: bool(history(halves)), **options)
    assert 0 < len(history(halves)) < len(history(tmp_path / "whole"))
    _, found = swept(file, halves, **options)
    assert timeless(found) == timeless(whole)
    assert len(found) == 2
    assert history(halves) == history(tmp_path / "whole")


def test_with_another_coefficient_it_is_another_sweep(file, run):
    out, _, _ = run
    with pytest.raises(InputError, match=r'its auxiliary is {"balance": 0.5}, asked for is {"bal'):
        swept(file, out, auxiliary=["balance=0.7"])
    found, _ = swept(file, out)
    assert dict(found.config.auxiliary) == {"balance": 0.5}


def test_a_coefficient_of_0_is_as_if_there_were_none(file, tmp_path, run):
    found, records = swept(file, tmp_path / "none", auxiliary=["balance=0"])
    assert dict(found.config.auxiliary) == {}
    assert not any("auxiliary" in one for one in (*records, *history(tmp_path / "none")))
    assert records[0]["loss"] != run[2][0]["loss"]
    assert "\nauxiliary " not in dry_run_report(found, as_json=False)
    assert "auxiliary  balance times 0.5" in dry_run_report(run[1], as_json=False)


def test_there_are_no_exchange_rates_and_no_doubles(run):
    out, _, _ = run
    results = read_results(out)
    rates = Exchange(results, [0, 1], "val").at(0)
    assert (
        "No exchange rates at point 0: its points minimise auxiliary losses as well" in rates.reason
    )
    assert rates.rates is None
    sweep = read_sweep_file(out)
    refuse_answered(sweep, torch.tensor(sweep.weights[:1]).numpy())


def test_what_is_shipped_has_the_tasks_alone(run):
    problem = run[1].problem
    network = problem.networks["own"]()
    assert export_trial(problem, network).why_not == ""
    (inputs,) = given = (problem.train.inputs[:8],)
    small = compact_network(trace(AsUsed(problem, network).eval(), {"inputs": inputs}, ""))
    outputs, expected = small(*given), network.eval()(inputs)
    assert len(outputs) == 2
    for own, name in zip(outputs, ("left", "right"), strict=True):
        torch.testing.assert_close(own, expected[name], rtol=1e-5, atol=1e-5)


def test_in_words():
    records = [{"auxiliary": {"a": 1.0}}, {"auxiliary": {"a": 2.5}}, {}, {"auxiliary": {"a": None}}]
    lines = auxiliary_text({"a": 0.1, "b": 2.0}, records)
    assert lines == ["Auxiliary loss a on the training data: 1 to 2.5 (trained on, times 0.1)"]
    assert auxiliary_text({"a": 0.1}, records[:1])[0].endswith("data: 1 (trained on, times 0.1)")
    assert auxiliary_plan({"a": 0.1, "b": 2.0}) == {"auxiliary": "a times 0.1, b times 2"}
    assert auxiliary_plan({}) == {}
    found = SimpleNamespace(tasks=[SimpleNamespace(name=name) for name in "abc"])
    for losses, words in (("abcx", "all tasks and x"), ("abx", "a and b and x")):
        assert _listed(tuple(losses), found) == words


def test_methods_are_named_by_them(tmp_path):
    configs = [{"solver": "linear", "auxiliary": given} for given in ({"a": 0.1}, {})]
    names = method_names(configs, [tmp_path / "one", tmp_path / "two"])
    assert names == ["auxiliary a=0.1", "auxiliary none"]
