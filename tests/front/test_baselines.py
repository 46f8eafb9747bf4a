"""Fronts beside baselines, in directories written by hand."""

import json

import numpy as np
import pytest

from paretocli.front.baselines import beside
from paretocli.front.results import read_results
from tests.runs import write_run

# Point 0 is best at f1, point 1 at f2; point 2 is beaten.
LOSSES = [[0.2, 0.8], [0.8, 0.2], [0.9, 0.9]]
ACCURACY = {"accuracy_f1_val": [0.9, 0.5, 0.99], "accuracy_f1_test": [0.85, 0.45, 0.99]}


def with_baselines(path, figures, **run):
    """A run directory with a constant of these figures."""
    write_run(path, LOSSES, **run)
    data = json.loads((path / "sweep.json").read_text())["data"]
    content = {
        "recipe": 1,
        "data": data,
        "baselines": [{"name": "constant", "figures": figures, "sampled": {"f1": [10, 2000]}}],
        "notes": ["Something was left out."],
    }
    (path / "baselines.json").write_text(json.dumps(content))
    return read_results(path)


def failures(found):
    return [places for _, _, places in found.failures()]


def test_each_task_has_its_own_best_point_of_the_front(tmp_path):
    figures = {"accuracy_f1_val": 0.95, "accuracy_f1_test": 0.1, "loss_f2_val": 0.3}
    found = beside(with_baselines(tmp_path / "run", figures, metrics=ACCURACY))
    assert found.by.columns == ("accuracy_f1", "loss_f2")
    assert found.by.higher.tolist() == [True, False]
    front, constant = found.fronts[0], found.baselines[0]
    assert front.val.tolist() == [0.9, 0.2]  # 0.99 is not on the front
    assert front.test.tolist() == [0.85, pytest.approx(0.325)]
    np.testing.assert_array_equal(constant.test, [0.1, np.nan])
    assert failures(found) == [[0]]
    assert found.notes == (
        "Something was left out.",
        "The constant saw 10 of 2,000 training rows, taken at random.",
    )


@pytest.mark.parametrize(
    ("figures", "places"),
    [
        ({"loss_f1_val": 0.2, "loss_f2_val": 0.19}, [0, 1]),  # as good is not better
        ({"loss_f1_val": 0.21, "loss_f2_val": 0.21}, []),
        ({"loss_f1_val": None, "loss_f2_val": 0.1}, [1]),  # without a value nobody is beaten
        ({}, []),
    ],
)
def test_what_is_not_beaten(tmp_path, figures, places):
    found = beside(with_baselines(tmp_path / "run", figures))
    assert found.by.columns == ("loss_f1", "loss_f2")
    assert [place for one in failures(found) for place in one] == places


def test_separate_networks_serve_a_task_each(tmp_path):
    path = tmp_path / "run"
    results = with_baselines(path, {}, solver="single")
    table = (path / "results.csv").read_text().splitlines()
    # The second network is better at the first task, and yet serves the other one.
    frame = results.frame.assign(weight_f1=[0.0, 1.0, 0.0], weight_f2=[1.0, 0.0, 0.0])
    frame.iloc[:2].to_csv(path / "results.csv", index=False)
    assert len(table) == 4
    (own,) = beside(read_results(path)).fronts
    assert own.kind == "separate"
    assert own.val.tolist() == [0.8, 0.8]


def test_tables_and_older_directories_have_none(tmp_path):
    path = tmp_path / "run"
    with_baselines(path, {})
    (path / "baselines.json").unlink()
    assert beside(read_results(path)) is None
    (path / "results.csv").rename(tmp_path / "table.csv")
    assert beside(read_results(tmp_path / "table.csv")) is None


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": 99},
        {"data": {"train": "other"}},
        {"baselines": [{"name": "magic", "figures": {}}]},
        {"baselines": [{"name": "constant", "figures": {"loss_f1_val": "0.1"}}]},
        {"baselines": [{"name": "constant", "figures": {}}] * 2},
        {"notes": ["\x1b[2J"]},
    ],
)
def test_what_is_not_of_this_sweep_counts_for_nothing(tmp_path, change):
    with_baselines(tmp_path / "run", {})
    file = tmp_path / "run" / "baselines.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert beside(read_results(tmp_path / "run")) is None
