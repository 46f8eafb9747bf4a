"""Sweeps on a second device: nothing of theirs is left on the CPU, and the figures are its own."""

import dataclasses
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import paretocli
from paretocli.core.metric import Metric
from paretocli.core.problem import Defaults, Problem, Samples, Task
from paretocli.errors import InputError, RunError
from paretocli.networks.building import build_network
from paretocli.population.population import Population
from paretocli.population.transfer import Neighbours
from paretocli.probing.rehearsal import rehearse
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory
from paretocli.training import passing
from tests.second_device import DEVICE, NAME, offer
from tests.sweeping.test_rounds import Stops
from tests.toys import CPU, pictures, vectors

SIZES = (24, 9, 8)
SHORT = {"points": 3, "epochs": 2, "retrain_epochs": 1, "threads": 1, "jobs": 1, "progress": False}


@pytest.fixture(autouse=True)
def offered(monkeypatch):
    offer(monkeypatch.setattr)
    monkeypatch.setattr(passing, "TRANSFER_INTERVAL", 2)


class Plain(nn.Module):
    """A hidden layer and two heads, without chance."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 5), nn.Tanh())
        self.heads = nn.ModuleList(nn.Linear(5, 3) for _ in range(2))

    def forward(self, inputs):
        features = self.body(inputs)
        return [head(features) for head in self.heads]


def plain(**changes):
    made = vectors(sizes=SIZES)
    fields = {name: getattr(made, name) for name in ("tasks", "train", "val", "test")} | changes
    defaults = Defaults(network="plain", batch_size=8, lr=0.02)
    return Problem(name="plain", networks={"plain": Plain}, defaults=defaults, **fields)


def swept(folder, problem, **options):
    """A sweep on the second device, and the same one on the CPU."""
    both = [
        paretocli.sweep(problem, out=folder / name, device=name, **(SHORT | options))
        for name in (NAME, "cpu")
    ]
    for run in both:
        assert set(run.results["status"]) == {"done"}
    return both


def refuse_others(there, here):
    """The losses, metrics and certificates of two sweeps are the same but for rounding."""
    there, here = there.results, here.results
    columns = [c for c in here.columns if c.startswith(("loss_", "metric_", "stationarity"))]
    for column in [*columns, "best_epoch", "parameters_kept"]:
        if column in here:
            np.testing.assert_allclose(there[column], here[column], rtol=1e-3, atol=1e-5)
    assert set(there["device"]) == {NAME}


@pytest.mark.parametrize(
    "options",
    [
        {"sparsity": True, "stack": 1, "optimizer": "adamw", "max_layer_sparsity": 0.9},
        {"sparsity": True, "batches": "independent", "optimizer": "sgd", "theta": "linear"},
        {"sparsity": True, "solver": "stch", "transfer": "neighbours"},
        {"sparsity": False, "solver": "linear", "transfer": "adaptive", "epochs": 3},
        {"sparsity": True, "transfer": "split", "keep": "front", "epochs": 4},
        {"sparsity": True, "patience": 1, "epochs": 6, "lr": 1e-5},
        {"sparsity": True, "warm": "path", "epochs": 4},
        {"sparsity": False, "placement": "adaptive", "points": 4, "init": "lsuv"},
    ],
    ids=lambda options: " ".join(map(str, options.values())),
)
def test_a_sweep_is_what_it_is_on_the_cpu(tmp_path, options):
    refuse_others(*swept(tmp_path, plain(), **options))


@pytest.mark.parametrize(
    "solver", ["equal", "single", "mgda", "pcgrad", "cagrad", "upgrad", "nash", "aligned", "imtl"]
)
def test_solvers_of_single_points(tmp_path, solver):
    if solver not in {"equal", "single"}:
        pytest.importorskip("torchjd", reason="needs the extra rivals")
    options = {name: value for name, value in SHORT.items() if name != "points"} | {"epochs": 1}
    found = paretocli.sweep(
        plain(), out=tmp_path / "run", device=NAME, solver=solver, sparsity=False, **options
    )
    assert set(found.results["status"]) == {"done"}


class Weighted(nn.Module):
    """A loss with tensors of its own."""

    def __init__(self):
        super().__init__()
        self.loss = nn.CrossEntropyLoss(torch.tensor([1.0, 2.0, 0.5]), reduction="none")

    def forward(self, output, target):
        return self.loss(output, target)


def scaled(factor, output, target):
    return factor[target] * nn.functional.cross_entropy(output, target, reduction="none")


def hits(output, target):
    """A metric of a whole split, in numpy."""
    return float((output.argmax(dim=1).numpy() == target.numpy()).mean())


class Shaken(nn.Module):
    """Augmentation with a tensor of its own and random numbers where its inputs are."""

    def __init__(self):
        super().__init__()
        self.register_buffer("size", torch.tensor([0.1, 0.0, 0.1, 0.0, 0.1, 0.0]))

    def forward(self, inputs):
        return inputs + self.size * torch.randn_like(inputs)


class Read:
    """Samples that are read as they are needed."""

    def __init__(self, samples, device=CPU):
        self.samples, self.device = samples, device

    def __len__(self):
        return len(self.samples)

    def rows(self, rows):
        here = rows.cpu() if isinstance(rows, torch.Tensor) else rows
        return self.samples.rows(here).to(self.device)

    def to(self, device):
        return Read(self.samples, device)

    def checksum(self):
        return self.samples.checksum()


def rich(**changes):
    """Tasks with tensors of their own, missing labels, metrics of all kinds."""
    first = Task(
        "a",
        Weighted(),
        {"hits": Metric.whole(hits, higher_is_better=True), "weighed": Weighted()},
        outputs=3,
        missing=-1,
    )
    second = Task("b", partial(scaled, torch.tensor([0.5, 1.0, 2.0])), {}, outputs=3)
    made = plain()
    splits = {name: without_some(samples) for name, samples in made.splits().items()}
    return plain(tasks=[first, second], **splits, **changes)


def without_some(samples):
    first, second = samples.targets
    return Samples(samples.inputs, (first.where(torch.arange(len(first)) % 3 > 0, -1), second))


@pytest.mark.parametrize(("stack", "batches"), [(1, "shared"), (3, "independent")])
def test_tasks_with_tensors_of_their_own(tmp_path, stack, batches):
    options = {"sparsity": False, "stack": stack, "batches": batches}
    refuse_others(*swept(tmp_path, rich(), **options))


def test_data_that_is_read_as_it_is_needed(tmp_path):
    made = rich()
    read = {name: Read(samples) for name, samples in made.splits().items()}
    refuse_others(*swept(tmp_path, dataclasses.replace(made, **read), sparsity=False))


def test_augmentation_draws_there(tmp_path):
    there, here = swept(tmp_path, plain(augment=Shaken()), sparsity=False)
    assert not np.allclose(there.results["loss_a_val"], here.results["loss_a_val"], rtol=1e-6)


def carried(problem, folder, stop=None):
    """The records of a sparse sweep, or of what a stop has left of it."""
    options = SHORT | {
        "sparsity": True,
        "retrain_epochs": 2,
        "checkpoint_every": 0.0,
        "device": NAME,
        "out": str(folder),
    }
    del options["progress"]
    found = resolve(options, made=problem)
    stop = stop or Stops(1000)
    directory = RunDirectory(found.config.out)
    told = {"checksums": found.checksums, "stop": stop}
    return run_sweep(found.config, found.problem, directory, stop, **told)


def test_a_sweep_that_is_stopped_goes_on_with_the_same_chance(tmp_path):
    """Convolutions, batch norm and dropout; a stop in the search, and one in retraining."""
    problem = pictures(sizes=(16, 9, 8))
    whole = carried(problem, tmp_path / "whole")
    stops = [Stops(1), Stops(2)]
    for stop in stops:
        carried(problem, tmp_path / "parts", stop)
    assert all(stop() for stop in stops)
    parts = carried(problem, tmp_path / "parts")
    assert len(parts) == len(whole) == 3
    for one, other in zip(parts, whole, strict=True):
        assert one["status"] == "done"
        assert one["loss"] == other["loss"]


def test_networks_in_turn_have_the_masks_of_a_stack():
    problem = pictures(dropout=0.5)
    batch = problem.train.rows(slice(8)).to(DEVICE)
    found = []
    for stacked in (True, False):
        torch.manual_seed(0)
        network = build_network("noisy", problem, 0)
        population = Population(network, problem.tasks, 3, device=DEVICE, stacked=stacked)
        losses, _ = population.measure(batch.inputs, batch.targets)
        found.append(losses.detach().cpu())
    torch.testing.assert_close(*found)


def test_what_comes_after_a_sweep(tmp_path):
    """Its networks, their export, further points and distillation."""
    problem, options = plain(), SHORT | {"device": NAME}
    first = paretocli.sweep(problem, out=tmp_path / "first", sparsity=True, **options)
    outputs = first.network(0)(problem.val.inputs)
    assert {output.device.type for output in outputs} == {"cpu"}
    differences = first.export(0, tmp_path / "export").differences
    assert max(max(of_tasks.values()) for of_tasks in differences.values()) < 1e-5
    more = first.refine(between=(0, 1), progress=False).results
    assert list(more["status"]) == ["done"] * 4
    assert more["device"].iloc[-1] == NAME
    teachers = tmp_path / "teachers"
    del options["points"]
    paretocli.sweep(problem, out=teachers, solver="single", **options)
    refuse_others(*swept(tmp_path, problem, sparsity=True, teachers=teachers, distill_at="body"))


def test_a_problem_is_examined_there(no_export_trial):
    found = paretocli.check(rich(augment=Shaken()), device=NAME)
    assert not found.failures
    assert (found.device.type, found.step_seconds > 0) == (NAME, True)


def test_a_problem_that_mixes_devices_is_refused():
    own = torch.tensor([1.0, 2.0, 0.5])
    task = Task("a", lambda output, target: nn.functional.cross_entropy(output, target, own))
    problem = plain(tasks=[task, plain().tasks[1]])
    with pytest.raises(InputError, match=f"on {NAME}, and not on the CPU: .* is on cpu with what"):
        rehearse(problem, Plain(), DEVICE, batch_size=8)


def test_a_mix_in_the_program_is_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(Neighbours, "_others", lambda self: self.shares.cpu())
    with pytest.raises(RunError, match="is on cpu with what is on"):
        paretocli.sweep(
            plain(),
            out=tmp_path,
            device=NAME,
            sparsity=False,
            **SHORT,
            transfer="neighbours",
        )
