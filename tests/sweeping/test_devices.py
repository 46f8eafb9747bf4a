"""Points that are trained in several processes: sweeps, what is lost, what is refused."""

import dataclasses
import json

import pytest
import torch
from torch import nn

from paretocli.core import accelerators
from paretocli.errors import InputError, RunError
from paretocli.execution import followers
from paretocli.planning.plan import machine_text
from paretocli.sweeping.resolve import resolve
from tests.sweeping.test_at_once import SHORT, Told, refuse_others, swept
from tests.sweeping.test_elsewhere import plain
from tests.toys import pictures

PAIR = {"sparsity": False, "points": 2, "devices": 2, "stack": 2, "threads": 1, "epochs": 3}


@pytest.fixture
def started(monkeypatch):
    """The processes that were started beside this one."""
    found = []

    class Watched(followers.Worker):
        def __init__(self, number):
            super().__init__(number)
            found.append(self)

    monkeypatch.setattr(followers, "Worker", Watched)
    return found


class Kills(Told):
    """Kills the newest process after each of some epochs."""

    def __init__(self, started, epochs):
        super().__init__()
        self.started, self.epochs = started, list(epochs)

    def epoch_finished(self, points, lines, hypervolume):
        if self.epochs and lines[0]["epoch"] == self.epochs[0]:
            del self.epochs[0]
            self.started[-1].process.kill()
            self.started[-1].process.wait()


def test_a_lost_process_costs_nothing_that_was_finished(tmp_path, started):
    """It is started anew once; then that is said, and another number of them goes on."""
    whole = swept(tmp_path / "one", plain(), **{**PAIR, "devices": 1})
    told = Kills(started, [1, 2])
    lost = "its process was killed by SIGKILL, of those that train a point together"
    with pytest.raises(RunError, match=rf"^1 of 1 shards failed \(0000-0001: {lost}\); what was"):
        swept(tmp_path / "two", plain(), told, **PAIR)
    notes = [note for note in told.notes if "was lost" in note]
    assert notes == [f"The worker of 0000-0001 was lost: {lost}; trying again."]
    assert len(started) == 2
    assert all(worker.process.wait() for worker in started)
    records = swept(tmp_path / "two", plain(), **{**PAIR, "devices": 1})
    refuse_others(records, whole)
    epochs = [line["epoch"] for line in lines_of(tmp_path / "two")]
    assert epochs == [1, 1, 2, 2, 3, 3]


def lines_of(folder):
    """The history of its only shard."""
    text = (folder / "history" / "0000-0001.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


# What is planned, and what is refused


class Own(nn.BatchNorm1d):
    """Normalises as it likes."""

    def forward(self, inputs):
        return inputs - inputs.mean(dim=0)


class Normalised(nn.Module):
    """With a layer that normalises, and a function that does."""

    def __init__(self, layer, *, by_function=False):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 5), layer)
        self.heads = nn.ModuleList(nn.Linear(5, 3) for _ in range(2))
        self.by_function = by_function

    def forward(self, inputs):
        features = self.body(inputs)
        if self.by_function:
            features = nn.functional.batch_norm(features, None, None, training=True)
        return [head(features) for head in self.heads]


def with_network(layer, **known):
    return dataclasses.replace(plain(), networks={"plain": lambda: Normalised(layer(), **known)})


def batch_norm():
    return nn.BatchNorm1d(5)


@pytest.mark.parametrize(
    ("problem", "options", "message"),
    [
        (plain, {"cluster": "tcp://here:1"}, "--devices 2 does not go with --cluster"),
        (plain, {"compile": True}, "--devices 2 does not go with --compile"),
        (plain, {"batch_size": 1}, "--devices 2 needs batches of at least 2 samples, found 1"),
        (
            lambda: with_network(lambda: Own(5)),
            {},
            r"body\.1 \(Own\) normalises batches in a way of its own",
        ),
        (
            lambda: with_network(batch_norm),
            {"micro_batch": 3},
            r"--micro-batch would normalise other parts .* \(body\.1\)",
        ),
        (
            lambda: with_network(batch_norm, by_function=True),
            {},
            "The network calls torch's batch_norm itself",
        ),
    ],
    ids=["cluster", "compile", "small batches", "own", "parts", "function"],
)
def test_what_would_not_be_as_in_one_process_is_refused(tmp_path, problem, options, message):
    with pytest.raises(InputError, match=message):
        resolve(
            SHORT | {"devices": 2, "device": "cpu", "sparsity": False} | options, made=problem()
        )


def test_fewer_gpus_than_asked_for(monkeypatch):
    monkeypatch.setattr(accelerators, "count", lambda device: 1)
    from paretocli.probing.processes import check_processes

    def checked(device, **changes):
        chosen = {"devices": 2, "cluster": "", "compile": False, "micro_batch": 0} | changes
        return list(check_processes(plain(), nn.Identity(), chosen, torch.device(device)))

    with pytest.raises(InputError, match=r"--devices 2 asks for more than there is 1 GPU"):
        checked("cuda")
    monkeypatch.setattr(accelerators, "count", lambda device: 4)
    with pytest.raises(InputError, match=r"--devices 2 asks .* is 1 GPU \(--device cuda:1\)"):
        checked("cuda:1")
    with pytest.raises(InputError, match="--devices 2 is for --device cpu and cuda"):
        checked("mps")
    assert checked("mps", devices=1) == []


def test_the_plan_of_several_processes(monkeypatch):
    monkeypatch.setattr("paretocli.planning.plan.available_threads", lambda: 16)
    found = resolve({"points": 3, "devices": 2, "device": "cpu", "jobs": 2}, made=plain())
    assert found.config.stack == 1
    expected = "cpu, 2 workers with 1 thread each, each point in 2 processes"
    assert machine_text(found.config) == expected
    assert not [note for note in found.notes if "dropout" in note]
    note = resolve({"devices": 2, "device": "cpu"}, made=pictures(), single=True).notes
    assert any("With --devices 2 dropout draws other masks than in one process" in n for n in note)


def test_torch_s_own_batch_norm_is_taken():
    found = resolve(SHORT | {"devices": 2, "device": "cpu"}, made=with_network(batch_norm))
    assert found.config.devices == 2
