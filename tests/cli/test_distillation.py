"""Sweeps that learn from teachers, through the real program."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from paretocli.sweeping.normalisation import from_initial
from paretocli.sweeping.resolve import resolve
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.teaching import read_teachers, teacher_files
from paretocli.sweeping.trainers import trainer_of
from tests.processes import kill_all, started, wait_for
from tests.program import files_below, paretocli

COMMON = ("multidigits", "--network", "hps", "--no-sparsity", "--train-samples", 1024)
SHORT = (*COMMON, "--epochs", 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sweep of teachers."""
    folder = tmp_path_factory.mktemp("distillation")
    sweep = ("sweep", *COMMON, "--solver", "single", "--epochs", 4, "--out", "teachers")
    done = paretocli(*sweep, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def solved(folder, *options, out):
    done = paretocli("train", *SHORT, *options, "--out", out, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    (point,) = json.loads(done.stdout)["points"]
    return point, load_file(folder / out / "points" / "0000.safetensors")


def test_teachers_that_do_not_count_change_nothing(folder):
    taught, network = solved(folder, "--teachers", "teachers", "--distillation", 0, out="heedless")
    alone, expected = solved(folder, out="alone")
    assert taught["loss"] == alone["loss"]
    assert set(network) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(network[name], tensor, err_msg=name)


def test_what_is_learned_from_teachers_is_another_network_of_the_same_form(folder):
    taught, network = solved(folder, "--teachers", "teachers", out="taught")
    _, alone = solved(folder, out="untaught")
    assert set(network) == set(alone)
    assert not np.array_equal(network["shared.1.weight"], alone["shared.1.weight"])
    records = [
        json.loads((folder / out / "points" / "0000.json").read_text())
        for out in ("taught", "untaught")
    ]
    # Adaptors are no part of it.
    assert len({record["sparsity"]["parameters"] for record in records}) == 1
    assert 0 < taught["stationarity"] <= 1
    config = json.loads((folder / "taught" / "sweep.json").read_text())["config"]
    assert len(config["taught_by"]) == 64
    assert (config["distillation"], config["distill_at"]) == (1.0, "shared")


def test_a_taught_front_with_sparsity(folder):
    sweep = ("sweep", "multidigits", "--network", "hps", "--train-samples", 1024, "--epochs", 1)
    taught = ("--retrain-epochs", 1, "--points", 3, "--teachers", "teachers", "--out", "front")
    done = paretocli(*sweep, *taught, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert list(pd.read_csv(folder / "front" / "results.csv")["status"]) == ["done"] * 3


def test_a_taught_sweep_that_was_killed_goes_on_as_if_nothing_had_been(folder):
    """One worker, or two of which neither lives to the end."""
    taught = ("sweep", *COMMON, "--points", 3, "--epochs", 5, "--teachers", "teachers")
    careful = ("--threads", 1, "--checkpoint-every", 0)
    whole = paretocli(*taught, *careful, "--stack", 2, "--out", "whole", cwd=folder)
    assert whole.returncode == 0, whole.stderr
    torn = (*taught, *careful, "--stack", 2, "--jobs", 2, "--out", "torn")
    process = started(*torn, cwd=folder)
    history = folder / "torn" / "history" / "0000-0001.jsonl"
    wait_for(lambda: history.exists() and len(history.read_text().splitlines()) >= 4, process)
    kill_all(process)
    done = paretocli(*torn, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "going on after epoch" in done.stderr
    found, expected = (
        pd.read_csv(folder / out / "results.csv").drop(columns="seconds")
        for out in ("torn", "whole")
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_taught_networks_train_as_a_stack(folder):
    """Fully connected ones, on a CPU; adaptors and teachers make no difference to that."""
    options = {
        **{"problem": "multidigits", "network": "hps", "sparsity": False, "points": 3},
        **{"train_samples": 1024, "teachers": folder / "teachers"},
    }
    found = resolve(options)
    start = from_initial(found.config, found.problem)
    teachers = read_teachers(teacher_files(folder / "teachers", found.problem))
    trainer = trainer_of(
        Subproblems(found.config, found.problem, start, teachers=teachers), range(3)
    )
    assert len(trainer.population.tasks) == 4
    assert trainer.population.stacked


def test_the_plan_names_the_teachers(folder):
    done = paretocli("train", *SHORT, "--teachers", "teachers", "--dry-run", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "teachers   those in teachers count 1 beside the data, at shared" in done.stdout
    done = paretocli("train", *SHORT, "--distillation", 2, "--dry-run", cwd=folder)
    assert "No effect without --teachers: --distillation." in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*SHORT, "--teachers", "nowhere"), "nowhere holds no sweep.json"),
        ((*SHORT, "--teachers", "other"), "other is a sweep with --solver chebyshev"),
        ((*SHORT, "--teachers", "half"), "The teacher of right, point 1 of half, is not finished"),
        ((*SHORT, "--teachers", "teachers", "--train-samples", 512), "trained on other data"),
        ((*SHORT, "--teachers", "teachers", "--network", "mdmtn"), "a point of another network"),
        ((*SHORT, "--teachers", "teachers", "--distill-at", "body"), "The network has no module"),
        ((*SHORT, "--teachers", "teachers", "--distill-at", "heads"), "gives no features"),
        ((*SHORT, "--teachers", "teachers", "--distillation", "-1"), "--distillation should be"),
    ],
)
def test_teachers_that_are_none(folder, options, words):
    if not (folder / "other").exists():
        solved(folder, out="other")
        half = folder / "half"
        for name, content in files_below(folder / "teachers").items():
            (half / name).parent.mkdir(parents=True, exist_ok=True)
            (half / name).write_bytes(content)
        (half / "points" / "0001.json").unlink()
    before = files_below(folder)
    done = paretocli("train", *options, "--out", "new", cwd=folder)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert words in line
    assert files_below(folder) == before
