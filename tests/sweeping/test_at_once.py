"""Sweeps whose points do not fit on the device: fewer at a time, from the start or midway."""

import json

import numpy as np
import pytest
import torch

from paretocli.core import accelerators
from paretocli.errors import InputError, RunError
from paretocli.planning.plan import machine_text
from paretocli.sweeping import memory as memory_module
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.store import RunDirectory
from paretocli.training import passing
from paretocli.training.gradients import StepGradients
from tests.second_device import NAME, offer
from tests.sweeping.test_elsewhere import plain, rich
from tests.sweeping.test_rounds import Stops

SHORT = {"points": 3, "epochs": 2, "retrain_epochs": 1, "threads": 1, "jobs": 1}


@pytest.fixture(autouse=True)
def offered(monkeypatch):
    offer(monkeypatch.setattr)
    monkeypatch.setattr(passing, "TRANSFER_INTERVAL", 2)


class Told(Stops):
    """Keeps the notes beside."""

    def __init__(self, epochs=1000):
        super().__init__(epochs)
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def swept(folder, problem, told=None, **options):
    """The records of a sweep, or of what a stop has left of it."""
    options = SHORT | {"checkpoint_every": 0.0} | options
    found = resolve(options | {"out": str(folder)}, made=problem)
    told = told or Told()
    directory = RunDirectory(found.config.out)
    return run_sweep(
        found.config, found.problem, directory, told, checksums=found.checksums, stop=told
    )


def refuse_others(one, other, *, rtol=1e-4):
    """Two sweeps' records say the same."""
    assert [record["status"] for record in one] == ["done"] * len(other)
    for a, b in zip(one, other, strict=True):
        for name in ("loss", "metric"):
            for split in ("train", "val", "test"):
                found, expected = (list(r[name][split].values()) for r in (a, b))
                np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-6)
        assert a["best_epoch"] == b["best_epoch"]
        assert a.get("zero_rows") == b.get("zero_rows")


@pytest.mark.parametrize(
    "options",
    [
        {"sparsity": False, "transfer": "adaptive"},
        {"sparsity": True, "transfer": "neighbours", "stack": 3},
        {"sparsity": False, "transfer": "split", "epochs": 3},
        {"sparsity": True, "warm": "path"},
        {"sparsity": False, "keep": "front", "batches": "independent"},
    ],
    ids=lambda options: " ".join(map(str, options.values())),
)
def test_a_sweep_is_what_it_is_all_at_once(tmp_path, options):
    problem = rich() if options.get("keep") else plain()
    whole = swept(tmp_path / "whole", problem, **options)
    refuse_others(swept(tmp_path / "fewer", problem, at_once=1, **options), whole)


def test_one_that_is_stopped_goes_on_with_another_number(tmp_path):
    options = {"sparsity": True, "transfer": "neighbours"}
    whole = swept(tmp_path / "whole", plain(), **options)
    for at_once in (2, 1, 0, 2):
        told = Told(1)
        there = {"at_once": at_once, "device": NAME}
        parts = swept(tmp_path / "parts", plain(), told, **options, **there)
        assert not [note for note in told.notes if "damaged" in note]
    refuse_others(parts, whole)


def full_with(monkeypatch, most, after=0, device="cpu"):
    """Have the device hold no more than so many networks in training, after so many steps."""
    of, steps = StepGradients.of, 0

    def watched(gradients, *arguments):
        nonlocal steps
        steps += gradients._population.device.type == device  # the plan tries some on the CPU
        if gradients._population.size > most and steps > after:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB.")
        return of(gradients, *arguments)

    monkeypatch.setattr(StepGradients, "of", watched)


@pytest.mark.parametrize(
    ("options", "device"),
    [
        ({"sparsity": False, "transfer": "adaptive"}, NAME),
        ({"sparsity": True, "stack": 3}, "cpu"),
    ],
    ids=["joined", "stacked"],
)
def test_where_memory_ends_midway_fewer_go_on_from_the_checkpoint(
    tmp_path, monkeypatch, options, device
):
    problem, told = plain(), Told()
    options = {**options, "device": device}
    whole = swept(tmp_path / "whole", problem, **options)
    full_with(monkeypatch, 1, after=4, device=device)  # in the second epoch
    refuse_others(swept(tmp_path / "fewer", problem, told, **options), whole)
    found = [note for note in told.notes if "do not fit" in note]
    assert [note.partition(" (")[0] for note in found] == [
        "3 points of 0000-0002 do not fit on the device together",
        "2 points of 0000-0002 do not fit on the device together",
    ]
    assert "with 2 at a time (--at-once)" in found[0]
    assert "with 1 at a time (--at-once)" in found[1]
    lines = (tmp_path / "fewer" / "history" / "0000-0002.jsonl").read_text().splitlines()
    epochs = [json.loads(line)["epoch"] for line in lines]
    assert epochs == sorted(epochs)
    assert epochs.count(1) == 3


def test_what_does_not_fit_alone_ends_in_a_sentence_and_loses_nothing(tmp_path, monkeypatch):
    options = {"sparsity": False, "stack": 1, "micro_batch": 0}
    with monkeypatch.context() as fits:
        full_with(fits, 0, after=2 * 3 + 1)  # the first point has two epochs of three steps
        with pytest.raises(RunError, match=r"2 of 3 shards failed .*OutOfMemoryError.*micro-batch"):
            swept(tmp_path, plain(), **options)
    assert [path.stem for path in sorted((tmp_path / "points").glob("*.json"))] == ["0000"]
    assert len(swept(tmp_path, plain(), **options)) == 3


# What is planned


def planned(monkeypatch, fits, **options):
    """The configuration of a sweep on a device that so many points fit on."""
    found = memory_module.Memory(0, *[memory_module.Need(0, 100)] * 5)
    monkeypatch.setattr(memory_module, "expected_memory", lambda *arguments: found)
    whole = int(fits * 100 / memory_module.SHARE) + 10
    monkeypatch.setattr(memory_module, "whole_memory", lambda device: whole)
    return resolve(SHORT | {"device": NAME, "sparsity": False} | options, made=plain()).config


def test_points_that_learn_from_each_other_take_turns(monkeypatch):
    config = planned(monkeypatch, 2, transfer="neighbours")
    assert (config.stack, config.at_once) == (3, 2)
    assert machine_text(config).endswith("2 of 3 points on the device at a time")
    config = planned(monkeypatch, 3, transfer="neighbours")
    assert (config.stack, config.at_once) == (3, 0)
    assert "at a time" not in machine_text(config)


def test_points_apart_make_smaller_stacks(monkeypatch):
    config = planned(monkeypatch, 2)
    assert (config.stack, config.at_once) == (2, 0)


def test_a_cpu_is_asked_about_large_networks_alone(monkeypatch):
    assert planned(monkeypatch, 2, device="cpu").stack == 2  # of a few hundred bytes
    monkeypatch.undo()
    asked = []
    monkeypatch.setattr(memory_module, "expected_memory", lambda *arguments: asked.append(1))
    assert resolve(SHORT | {"device": "cpu", "sparsity": False}, made=plain()).config.stack == 3
    assert not asked


def test_what_was_said_stays(monkeypatch):
    assert planned(monkeypatch, 2, transfer="neighbours", at_once=1).at_once == 1
    config = planned(monkeypatch, 2, stack=3)
    assert (config.stack, config.at_once) == (3, 0)


def test_kernels_of_all_at_once_are_refused_of_fewer():
    with pytest.raises(InputError, match=r"--compile makes kernels for all copies .* but 1 at a"):
        resolve(SHORT | {"device": "cpu", "stack": 3, "at_once": 1, "compile": True}, made=plain())


def test_the_memory_of_a_container(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(accelerators, "LIMIT", limit)
    there = accelerators.machine_memory()
    for text, expected in (("max\n", there), ("1024\n", 1024), (str(2 * there), there)):
        limit.write_text(text)
        assert accelerators.machine_memory() == expected


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("shapes do not fit"), False),
        (ValueError("can't allocate memory"), False),
    ],
)
def test_what_says_that_memory_is_used_up(error, full):
    assert accelerators.is_full(error) is full
