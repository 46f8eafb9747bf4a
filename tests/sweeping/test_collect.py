"""Keeping what workers say."""

import dataclasses
import json
import math
import shutil
import time

import pandas as pd
import pytest
import torch

from paretocli.execution.executor import Ended
from paretocli.options.config import digest_of
from paretocli.options.declared import meant_before
from paretocli.planning.plan import shards
from paretocli.sweeping.collect import Collector
from paretocli.sweeping.jobs import Job, on_worker
from paretocli.sweeping.normalisation import without_scale
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.run import run_sweep
from paretocli.sweeping.solve import (
    EpochDone,
    PointDone,
    Saved,
    StartedAnew,
    owner,
    resumed,
    solve,
)
from paretocli.sweeping.store import RunDirectory
from paretocli.sweeping.subproblems import Subproblems
from tests import damage


class Told:
    """An observer that remembers."""

    def __init__(self):
        self.notes, self.resumed, self.there, self.hypervolumes = [], [], [], []
        self.planned = {}

    def points_planned(self, points, epochs):
        self.planned |= dict.fromkeys(points, epochs)

    def points_there(self, points):
        self.there += points

    def shard_resumed(self, points, epoch):
        self.resumed.append((points, epoch))

    def epoch_finished(self, points, lines, hypervolume):
        self.hypervolumes.append(hypervolume)

    def point_finished(self, record):
        self.notes.append(f"point {record['point']}")

    def note(self, text):
        self.notes.append(text)


def never():
    return False


@pytest.fixture(scope="module")
def subproblems():
    options = {"problem": "vlmop2", "points": 3, "epochs": 4, "stack": 2, "threads": 1, "jobs": 1}
    found = resolve(options | {"checkpoint_every": 0.0, "train_samples": 20})
    return Subproblems(found.config, found.problem, without_scale(found.config))


@pytest.fixture
def directory(tmp_path, subproblems):
    run = RunDirectory(tmp_path / "run")
    with run.opened({"config": subproblems.config.of_kind("identity"), "data": {}}):
        pass
    return run


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def collector(subproblems, directory, told):
    made = Collector(subproblems, directory, told)
    made.begin(shards(range(3), 2))
    return made


def test_a_shard_yields_all_that_is_kept(subproblems):
    (shard, _) = shards(range(3), 2)
    messages = list(solve(subproblems, Job(shard), 0, never))
    kinds = [type(message) for message in messages]
    assert kinds == [EpochDone, Saved] * 4 + [PointDone] * 2
    assert [message.lines[1]["epoch"] for message in messages[:8:2]] == [1, 2, 3, 4]


@pytest.mark.parametrize("epoch", [1, 3, 4])
def test_a_shard_that_was_stopped_goes_on_to_the_same_end(subproblems, epoch):
    (shard, _) = shards(range(3), 2)
    whole = list(solve(subproblems, Job(shard), 0, never))
    asked = iter([False] * (epoch - 1) + [True])
    first = list(solve(subproblems, Job(shard), 0, lambda: next(asked)))
    assert isinstance(first[-1], Saved)
    second = list(solve(subproblems, resumed(Job(shard), first[-1]), 0, never))
    lines = [m.lines for m in [*first, *second] if isinstance(m, EpochDone)]
    assert untimed(lines) == untimed([m.lines for m in whole if isinstance(m, EpochDone)])
    points = [[(m.network, untimed(m.record)) for m in run[-2:]] for run in (second, whole)]
    assert points[0] == points[1]
    assert resumed(Job(shard), second[-1]) is None


def test_each_of_several_gpus_has_a_worker(subproblems, monkeypatch):
    config = subproblems.config
    assert on_worker(config, 1) is config
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    on_gpu = dataclasses.replace(config, device="cuda")
    assert [on_worker(on_gpu, worker).device for worker in range(3)] == [
        *("cuda:0", "cuda:1", "cuda:0"),
    ]
    # What was asked for by its number stays, and with one GPU there is nothing to choose.
    named = dataclasses.replace(config, device="cuda:1")
    assert on_worker(named, 0) is named
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert on_worker(on_gpu, 1) is on_gpu


def untimed(content):
    text = json.dumps(content)
    return json.loads(text, object_hook=lambda d: {k: v for k, v in d.items() if k != "seconds"})


def test_messages_become_files(subproblems, collector, directory, told):
    collector.tables.share = collector.hypervolumes.share = math.inf  # whatever it costs
    for shard in shards(range(3), 2):
        for message in solve(subproblems, collector.job(shard), 0, never):
            assert collector.take(shard.name, message) is None
        assert directory.load_checkpoint(shard.name) is not None
        assert collector.take(shard.name, Ended()) is None
        assert directory.load_checkpoint(shard.name) is None
    assert [record["point"] for record in directory.records()] == [0, 1, 2]
    assert len(pd.read_csv(directory.results_file)) == 3
    assert told.notes == ["point 0", "point 1", "point 2"]
    # That of all points so far, so the third adds to the first two.
    assert told.hypervolumes[-1] > told.hypervolumes[3] > 0
    assert not collector.errors


def test_points_that_are_there_stay_as_they_are(subproblems, directory, told):
    (shard, _) = shards(range(3), 2)
    weights = list(subproblems.config.weights[0])
    failed = {"point": 0, "status": "failed", "weights": weights, "epochs": 2, "seconds": 0.5}
    directory.write_point(failed | {"mine": True}, None)
    collector = Collector(subproblems, directory, told, directory.records())
    collector.begin([shard])
    assert told.there == [0]
    for message in solve(subproblems, collector.job(shard), 0, never):
        collector.take(shard.name, message)
    assert [record.get("mine") for record in directory.records()] == [True, None]


def checkpoint(subproblems, shard, owned_by=None):
    name = owned_by or owner(subproblems, shard)
    return _saved({"owner": name, "epoch": 2, "training": {"x": torch.randn(1000)}})


def _saved(state):
    from paretocli.sweeping.jobs import save_state

    return save_state(state)


def test_a_checkpoint_is_gone_on_from(subproblems, collector, directory, told):
    (shard, _) = shards(range(3), 2)
    content = checkpoint(subproblems, shard)
    directory.save_checkpoint(shard.name, content)
    directory.append_history(shard.name, [{"point": 0, "epoch": epoch} for epoch in (1, 2, 3)])
    assert collector.job(shard) == Job(shard, content)
    assert told.resumed == [((0, 1), 2)]
    lines = (directory.path / "history" / f"{shard.name}.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "of another sweep", "of another shard"])
def test_a_damaged_or_foreign_checkpoint_means_starting_anew(
    subproblems, collector, directory, told, damage
):
    shard, other = shards(range(3), 2)
    another = dataclasses.replace(
        subproblems, config=dataclasses.replace(subproblems.config, seed=9)
    )
    content = {
        "empty": b"",
        "cut": checkpoint(subproblems, shard)[:2000],
        "text": b"hello\n" * 30,
        "of another sweep": checkpoint(another, shard),
        "of another shard": checkpoint(subproblems, other),
    }
    directory.save_checkpoint(shard.name, content[damage])
    assert collector.job(shard) == Job(shard, None)
    assert told.notes == [f"The checkpoint {shard.name} is damaged; its points start anew."]
    assert told.resumed == []


@pytest.fixture(scope="module")
def fresh(subproblems):
    """The networks of a shard, and its state after one epoch."""
    shard = shards(range(3), 2)[0]
    *_, saved = solve(subproblems, Job(shard), 0, lambda: True)
    whole = solve(subproblems, Job(shard), 0, never)
    return [message.network for message in whole if isinstance(message, PointDone)], saved.state


def test_an_older_sweep_and_its_checkpoints_go_on(subproblems, tmp_path):
    config = dataclasses.replace(subproblems.config, evaluate_every=1, held_lr=0.0)
    subproblems = dataclasses.replace(subproblems, config=config)
    identity = subproblems.config.of_kind("identity")
    before = {name: value for name, value in identity.items() if name not in meant_before()}
    run = RunDirectory(tmp_path / "old")
    with run.opened({"config": before, "data": {}}):
        pass
    run.check(identity, {})
    shard = shards(range(3), 2)[0]
    assert owner(subproblems, shard) == f"{digest_of(before)} {shard.name}"


def test_a_crafted_checkpoint_is_known_before_training(
    fresh, subproblems, collector, directory, told
):
    shard = shards(range(3), 2)[0]
    file = directory.path / "checkpoints" / f"{shard.name}.pt"
    for harm in damage.OWN["checkpoint"].values():
        file.write_bytes(fresh[1])
        harm(file)
        job = collector.job(shard)
        assert job.state is None or next(solve(subproblems, job, 0, never)) == StartedAnew()
    file.write_bytes(fresh[1])
    assert isinstance(next(solve(subproblems, collector.job(shard), 0, never)), EpochDone)


def test_a_crafted_checkpoint_means_starting_anew(fresh, subproblems, collector, directory, told):
    shard = shards(range(3), 2)[0]
    file = directory.path / "checkpoints" / f"{shard.name}.pt"
    file.write_bytes(fresh[1])
    damage.OWN["checkpoint"]["a loss of another shape"](file)
    found = []
    for message in solve(subproblems, collector.job(shard), 0, never):
        collector.take(shard.name, message)
        found += [message.network] if isinstance(message, PointDone) else []
    assert found == fresh[0]
    history = (directory.path / "history" / f"{shard.name}.jsonl").read_text().splitlines()
    assert [json.loads(one)["epoch"] for one in history] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert told.notes[0] == f"The checkpoint {shard.name} is damaged; its points start anew."


def test_a_checkpoint_runs_no_code(subproblems, collector, directory, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    (shard, _) = shards(range(3), 2)
    torch.save({"epoch": Evil()}, directory.path / "checkpoints" / f"{shard.name}.pt")
    assert collector.job(shard) == Job(shard, None)
    assert not (tmp_path / "owned").exists()


def test_a_lost_worker_is_replaced_once(collector, told):
    (shard, _) = shards(range(3), 2)
    lost = Ended("its process was killed by SIGKILL", lost=True)
    assert collector.take(shard.name, lost) == Job(shard)
    assert collector.take(shard.name, lost) is None
    assert collector.errors == {shard.name: lost}
    assert told.notes == [
        f"The worker of {shard.name} was lost: its process was killed by SIGKILL; trying again.",
        f"The shard {shard.name} failed: its process was killed by SIGKILL.",
    ]


def test_what_a_shard_raised_is_not_tried_again(collector):
    (shard, _) = shards(range(3), 2)
    assert collector.take(shard.name, Ended("ValueError: no")) is None
    assert collector.errors == {shard.name: Ended("ValueError: no")}


def test_points_beyond_the_reference_point_are_said(collector, told):
    collector.recorded = {0: {}, 1: {}}
    collector.reached[:] = [[0.5, 9.0], [9.0, 0.5], [float("nan"), 0.1]]
    collector.ended()
    assert told.notes == [
        "On the validation data no point is better than the reference point in every objective "
        "(1.1, 1.1), so the hypervolume of the sweep is 0."
    ]
    collector.reached[0] = [0.5, 1.0]
    collector.ended()
    assert len(told.notes) == 1


def test_tables_are_rebuilt_now_and_then(collector, directory, monkeypatch):
    """Not after each shard, which would take the square of their number."""
    built = []
    monkeypatch.setattr(directory, "write_tables", lambda *_: built.append(time.sleep(0.01)))
    for shard in shards(range(3), 2):
        collector.recorded |= {key: {} for key in shard.points}
        collector.take(shard.name, Ended())
    assert len(built) == 1


DAMAGE = {
    "points/0001.json": [b"", b'{"point": 1, "st', b"[]"],
    "points/0001.safetensors": [b"", b"half a network"],
    "history/0000-0001.jsonl": [b"", b'{"point": 0, "epo', b"\x00\x00\x00"],
    "checkpoints/0002-0002.pt": [b"", b"PK half", b"foreign"],
    "normalisation.json": [b"", b"{"],
    "results.csv": [b"", b"point,loss\n1,"],
    "front.csv": [b""],
    ".unfinished-x1": [b"half"],
    "points/.unfinished-x2": [b"half"],
    ".lock": [b"", b"process 1 on nowhere"],
}
FOREIGN = {"notes.txt": b"mine", "points/readme.md": b"mine", "history/other.log": b"mine"}


@pytest.fixture(scope="module")
def whole(subproblems, tmp_path_factory):
    """The directory of a finished sweep, not to be changed."""
    made = RunDirectory(tmp_path_factory.mktemp("whole") / "run")
    run_sweep(subproblems.config, subproblems.problem, made, Told(), checksums={}, stop=never)
    return made


@pytest.mark.parametrize(
    ("name", "content"), [(name, c) for name, contents in DAMAGE.items() for c in contents]
)
def test_whatever_is_damaged_a_sweep_ends_the_same(
    subproblems, whole, tmp_path, told, name, content
):
    """One finished sweep; a copy of it is damaged and continued."""
    hurt = RunDirectory(tmp_path / "hurt")
    shutil.copytree(whole.path, hurt.path)
    for foreign, text in FOREIGN.items():
        (hurt.path / foreign).write_bytes(text)
    (hurt.path / name).write_bytes(content)
    # The second shard is not there yet.
    (hurt.path / "points" / "0002.json").unlink()
    if name.endswith("0001.safetensors"):
        (hurt.path / "points" / "0001.json").unlink()
    run_sweep(subproblems.config, subproblems.problem, hurt, told, checksums={}, stop=never)
    noted = "The checkpoint 0002-0002 is damaged; its points start anew." in told.notes
    assert noted == name.startswith("checkpoints/")
    tables = [pd.read_csv(d.results_file).drop(columns="seconds") for d in (whole, hurt)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    for point in range(3):
        file = f"points/{point:04d}.safetensors"
        assert (hurt.path / file).read_bytes() == (whole.path / file).read_bytes()
    for foreign, text in FOREIGN.items():
        assert (hurt.path / foreign).read_bytes() == text
    assert not list(hurt.path.rglob(".unfinished-*"))
