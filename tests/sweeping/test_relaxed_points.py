"""Sweeps whose points are retrained for the tasks alone."""

import json

import pytest

import paretocli
from paretocli.front import normal
from paretocli.front.normal import normal_at
from paretocli.run_directory.sweep_file import read_sweep_file

HISTORY = "history/0000-0001.jsonl"
OPTIONS = {
    **{"network": "hps", "train_samples": 256, "epochs": 3, "retrain_epochs": 2, "lr": 0.01},
    **{"weights": [[0.6, 0.2, 0.2], [0.2, 0.3, 0.5]], "progress": False, "baselines": False},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("relaxed")
    return [
        paretocli.sweep("multidigits", out=folder / str(relaxed), relaxed=relaxed, **OPTIONS)
        for relaxed in (False, True)
    ]


def test_the_search_is_the_same_and_the_rest_is_not(runs):
    plain, relaxed = (
        [json.loads(line) for line in (run.path / HISTORY).read_text().splitlines()] for run in runs
    )
    assert [line["epoch"] for line in plain] == [line["epoch"] for line in relaxed]
    rows = set()
    for one, other in zip(plain, relaxed, strict=True):
        if one["epoch"] <= OPTIONS["epochs"]:
            assert {**one, "seconds": 0} == {**other, "seconds": 0}
        else:
            assert one["loss"]["train"] != other["loss"]["train"]
        if other["epoch"] >= OPTIONS["epochs"]:
            rows.add((other["point"], other["zero_rows"]))
    assert len(rows) == 2  # one number for each point


def test_no_rate_is_told_for_what_retraining_did_not_ask_for(runs, monkeypatch):
    # So short a training certifies nothing; what counts here is what would be told.
    monkeypatch.setattr(normal, "_certified", lambda *_: ([0.3, 0.3, 0.4], 0.1, False))
    found = [normal_at(read_sweep_file(run.path), 0).binds.tolist() for run in runs]
    assert found == [[True, True, True], [False, True, True]]


@pytest.mark.parametrize("idle", [{"sparsity": False}, {"retrain_epochs": 0}])
def test_where_it_has_no_effect_the_first_objective_counts(tmp_path, monkeypatch, idle):
    monkeypatch.setattr(normal, "_certified", lambda *_: ([0.5, 0.5, 0.0][:count], 0.1, False))
    count = 3 if idle.get("sparsity", True) else 2
    options = OPTIONS | {"weights": [[0.5] * 2 + [0.0] * (count - 2)], "epochs": 1} | idle
    run = paretocli.sweep("multidigits", out=tmp_path / "run", relaxed=True, **options)
    assert normal_at(read_sweep_file(run.path), 0).binds.tolist()[:2] == [True, True]
