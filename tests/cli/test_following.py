"""Following a sweep: `paretocli status`, and event files."""

import json

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from paretocli.sweeping.event_files import EventFiles
from tests.program import files_below, paretocli

SWEEP = (
    *("sweep", "multidigits", "--network", "hps", "--no-sparsity", "--points", "2"),
    *("--stack", "2", "--checkpoint-every", "0", "--log", "tensorboard", "--out", "run"),
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    done = paretocli(*SWEEP, "--epochs", 4, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_status_of_a_finished_sweep(finished):
    before = files_below(finished)
    done = paretocli("status", "run", cwd=finished)
    assert done.returncode == 0, done.stderr
    for words in ("multidigits, hps, chebyshev", "finished", "2 done, of 2", "8 of 8 (100 %)"):
        assert words in done.stdout
    assert "best so far  mean validation accuracy" in done.stdout
    assert "time left" not in done.stdout
    assert files_below(finished) == before


def test_status_as_json(finished):
    report = json.loads(paretocli("status", "run", "--json", cwd=finished).stdout)
    assert (report["done"], report["running"], report["epochs_done"]) == (2, 0, 8)
    assert [point["state"] for point in report["points"]] == ["done", "done"]
    history = (finished / "run" / "history" / "0000-0001.jsonl").read_text().splitlines()
    assert 0 < report["hypervolume"] <= 1
    assert len(history) == 8


def test_the_plan_names_workers_and_memory(tmp_path):
    sweep = ("sweep", "multidigits", "--no-sparsity", "--points", 4, "--dry-run")
    done = paretocli(
        *sweep, "--device", "cpu", "--stack", 1, "--jobs", 3, "--threads", 1, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "cpu, 3 workers with 1 thread each" in done.stdout
    assert "MiB: 3 workers with " in done.stdout
    whole = paretocli(*sweep, "--json", cwd=tmp_path)
    memory = json.loads(whole.stdout)["memory"]
    parts = ["training", "evaluation", "certificate"]
    assert memory["data"] > 0
    assert all(memory[part]["point"] > memory["held"]["point"] > 0 for part in parts)


def test_status_of_nothing(tmp_path):
    done = paretocli("status", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere holds no sweep.json" in done.stderr


def test_event_files_after_a_lost_worker(tmp_path):
    """What it wrote after its last checkpoint does not count twice."""
    files = EventFiles(tmp_path)
    line = {"point": 0, "loss": {"val": {"left": 1.0}}, "metric": {}, "multipliers": None}
    for epoch in (1, 2, 3):
        files.epoch_finished((0,), [{**line, "epoch": epoch}], 0.5)
    files.shard_resumed((0,), 1)
    for epoch in (2, 3, 4):
        files.epoch_finished((0,), [{**line, "epoch": epoch}], 0.5)
    files.close()
    events = EventAccumulator(str(tmp_path / "tensorboard" / "0000")).Reload()
    assert [event.step for event in events.Scalars("loss/left/val")] == [1, 2, 3, 4]


def test_event_files_hold_the_history(finished):
    lines = [
        json.loads(text)
        for text in (finished / "run" / "history" / "0000-0001.jsonl").read_text().splitlines()
    ]
    for point in range(2):
        events = EventAccumulator(str(finished / "run" / "tensorboard" / f"{point:04d}")).Reload()
        mine = [line for line in lines if line["point"] == point]
        drawn = events.Scalars("loss/left/val")
        assert [event.step for event in drawn] == [1, 2, 3, 4]
        assert [event.value for event in drawn] == pytest.approx(
            [line["loss"]["val"]["left"] for line in mine]
        )
        assert {"metric/accuracy_right/test", "multiplier/1", "penalty", "gap"} <= set(
            events.Tags()["scalars"]
        )
