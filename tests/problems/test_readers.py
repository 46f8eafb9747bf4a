"""Processes that read a problem's data."""

import json
import os
import signal
from dataclasses import replace

import pytest
import torch

import paretocli.reading.ahead
from paretocli import InputError, LazySamples, RunError
from paretocli.problems import image_folder
from paretocli.problems.asked import Asked
from paretocli.problems.loading import load_problem
from paretocli.problems.readers import is_read, problem_read_by
from tests.image_folder import draw_folder
from tests.program import in_process

ROWS = [torch.arange(start, start + 6) for start in range(0, 24, 6)]


@pytest.fixture(autouse=True)
def _worth_it(monkeypatch):
    """Processes are started for data that takes no time, too."""
    monkeypatch.setattr(paretocli.reading.ahead, "WORTHWHILE", -1.0)


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A folder of images for which there is no memory."""
    monkeypatch.setattr(image_folder, "room_for_images", lambda: 0)
    folder, labels = draw_folder(tmp_path)
    return load_problem(f"images:{folder}", folder, Asked(labels=labels))


def test_how_many_read_changes_nothing(large):
    found = []
    for workers in (0, 1, 2):
        data = problem_read_by(large, workers).train
        assert data.workers == workers
        found.append(list(data.batches(ROWS, None)))
    whole = large.train.rows(slice(None))
    for batches in found:
        assert torch.equal(torch.cat([batch.inputs for batch in batches]), whole.inputs)
        for task, target in enumerate(whole.targets):
            assert torch.equal(torch.cat([batch.targets[task] for batch in batches]), target)


def test_all_splits_are_read_so_and_stay_what_they_are(large):
    found = problem_read_by(large, 0)
    assert [data.workers for data in found.splits().values()] == [0, 0, 0]
    assert [data.workers for data in large.splits().values()] == [2, 2, 2]
    assert found.checksums() == large.checksums()
    assert problem_read_by(large, None) is large


def test_parts_are_read_as_the_whole_is(large):
    items = [(image, *labels) for image, *labels in zip(*_held(large), strict=True)]
    # Without validation samples, a part of those for training is cut off.
    problem = replace(large, train=LazySamples(items), val=None, test=LazySamples(items, workers=1))
    found = problem_read_by(problem, 0)
    assert [found.train.whole.workers, found.val.whole.workers, found.test.workers] == [0, 0, 0]
    assert found.checksums() == problem.checksums()
    assert found.notes == problem.notes


def _held(problem):
    samples = problem.train.rows(slice(None))
    return samples.inputs, *samples.targets


def test_what_is_in_memory_is_left_alone(large):
    held = {split: data.rows(slice(None)) for split, data in large.splits().items()}
    problem = replace(large, **held)
    assert not is_read(problem)
    assert is_read(replace(problem, test=large.test))
    assert problem_read_by(problem, 3) is problem


def test_there_cannot_be_fewer_than_none(large):
    with pytest.raises(InputError, match=r"^--workers should be from 0 to 4096, found -1\.$"):
        problem_read_by(large, -1)


def test_an_image_that_a_process_cannot_read_is_named(large):
    large.train.paths[13].write_bytes(b"torn")
    read_before = []
    with pytest.raises(InputError, match=rf"{large.train.paths[13].name} cannot be read as an"):
        read_before.extend(problem_read_by(large, 2).train.batches(ROWS, None))
    assert len(read_before) == 2


def test_the_death_of_a_process_is_told(large):
    class Deadly(type(large.train)):
        def read(self, numbers, seeds=None, begun=None):
            if 13 in numbers:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().read(numbers)

    data = Deadly(**vars(large.train))
    with pytest.raises(RunError, match="reads the images was killed by SIGKILL; to see why"):
        list(data.batches(ROWS, None))


def test_a_sweep_is_the_same_with_and_without(large, tmp_path, monkeypatch, capfd):
    command = ["images:photos", "--labels", "labels.csv", "--network", "hps", "--no-sparsity"]
    command += ["--epochs", "2", "--batch-size", "6", "-q"]
    points = []
    for workers in (0, 2):
        out = tmp_path / f"out{workers}"
        code, _, shown = in_process(
            *("train", *command, "--workers", workers, "--out", out),
            cwd=tmp_path,
            monkeypatch=monkeypatch,
            capfd=capfd,
        )
        assert code == 0, shown
        sweep = json.loads((out / "sweep.json").read_text())
        assert sweep["runtime"]["workers"] == workers
        assert "workers" not in sweep["config"]
        points.append((out / "points" / "0000.safetensors").read_bytes())
    assert points[0] == points[1]


def test_it_is_said_where_nothing_is_to_be_read(tmp_path, monkeypatch, capfd):
    code, shown, errors = in_process(
        *("sweep", "vlmop2", "--workers", "2", "--dry-run", "--out", "run"),
        cwd=tmp_path,
        monkeypatch=monkeypatch,
        capfd=capfd,
    )
    assert code == 0
    words = " ".join((shown + errors).split())
    assert "No effect on data in memory, or read in a way of its own: --workers." in words
