import json

import numpy as np
import pandas as pd
import pytest
import torch

from paretocli.sweep.records import history_line, point_name, point_record, results_table
from paretocli.sweep.resolve import resolve
from tests.toys import make_trainer, pictures, solve

WEIGHTS = [[0.2, 0.8], [0.6, 0.4]]


@pytest.fixture(scope="module")
def config():
    return resolve({"problem": "vlmop2", "weights": ["0.2,0.8", "0.6,0.4"], "epochs": 2}).config


@pytest.fixture(scope="module")
def trained():
    """Problem, the report of its first epoch, and the outcome."""
    problem = pictures()
    trainer = make_trainer(problem, WEIGHTS, epochs=2)
    report = trainer.run_epoch()
    return problem, report, solve(trainer)


def test_the_record_of_a_point(config, trained):
    problem, _, outcome = trained
    record = point_record(1, 1, config, problem, outcome)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["point"] == 1
    assert record["status"] == "done"
    np.testing.assert_allclose(record["weights"], [0.6, 0.4])
    assert record["epochs"] == 2
    assert record["best_epoch"] == outcome.best_epoch[1].item()
    assert record["seconds"] == pytest.approx(outcome.seconds / 2)
    for split in ("train", "val", "test"):
        losses, metrics = outcome.figures[split]
        assert list(record["loss"][split]) == ["a", "b"]
        assert list(record["metric"][split]) == ["accuracy_a", "accuracy_b"]
        np.testing.assert_allclose(list(record["loss"][split].values()), losses[1])
        np.testing.assert_allclose(list(record["metric"][split].values()), metrics[1])
    for name in ("chebyshev_value", "gap", "relative_gap", "stationarity"):
        assert record[name] == pytest.approx(getattr(outcome, name)[1].item())
    np.testing.assert_allclose(record["multipliers"], outcome.multipliers[1])
    assert record["weights_file"] == "points/0001.safetensors"


def test_the_record_of_a_point_that_diverged(config, trained):
    problem, _, outcome = trained
    outcome.failed_epoch[0] = 2
    try:
        failed = point_record(0, 0, config, problem, outcome)
        fine = point_record(1, 1, config, problem, outcome)
    finally:
        outcome.failed_epoch[0] = 0
    assert failed["status"] == "failed"
    assert failed["failed_epoch"] == 2
    assert "not finite after epoch 2" in failed["error"]
    assert "loss" not in failed
    assert fine["status"] == "done"


def test_without_multipliers_there_is_no_gap(config):
    problem = pictures()
    outcome = solve(make_trainer(problem, WEIGHTS, "linear", epochs=1))
    record = point_record(0, 0, config, problem, outcome)
    assert record["multipliers"] is record["gap"] is record["relative_gap"] is None
    assert record["stationarity"] is not None


def test_a_line_of_the_history(trained):
    problem, report, _ = trained
    line = history_line(7, 1, problem, report)
    assert (line["point"], line["epoch"]) == (7, 1)
    assert set(line) == {
        *("point", "epoch", "seconds", "loss", "metric"),
        *("multipliers", "penalty", "gap", "relative_gap"),
    }
    assert line["loss"]["test"]["b"] == pytest.approx(report.figures["test"][0][1, 1].item())
    json.dumps(line, allow_nan=False)


def test_what_is_not_finite_is_null(trained):
    problem, report, _ = trained
    losses, metrics = report.figures["val"]
    spoilt = losses.clone()
    spoilt[1, 0], spoilt[1, 1] = torch.nan, torch.inf
    report.figures["val"] = (spoilt, metrics)
    line = history_line(0, 1, problem, report)
    report.figures["val"] = (losses, metrics)
    assert line["loss"]["val"] == {"a": None, "b": None}
    json.dumps(line, allow_nan=False)


def test_names_of_points_sort():
    assert [point_name(7), point_name(1234)] == ["0007", "1234"]


# The table

IDENTITY = {
    "problem": "toy",
    "network": "net",
    "solver": "chebyshev",
    "seed": 3,
    "objectives": ["a", "b"],
}


def done(point, val, *, train=(0.0, 0.0), **more):
    splits = {"train": train, "val": val, "test": (9.0, 9.0)}
    return {
        "point": point,
        "status": "done",
        "weights": [0.25, 0.75],
        "epochs": 4,
        "best_epoch": 3,
        "seconds": 1.5,
        "device": "cpu",
        "weights_file": f"points/{point_name(point)}.safetensors",
        "loss": {s: dict(zip("ab", v, strict=True)) for s, v in splits.items()},
        "metric": {s: {"accuracy_a": 0.5} for s in splits},
        "chebyshev_value": 0.1,
        "gap": 0.01,
        "relative_gap": 0.1,
        "stationarity": 0.2,
        **more,
    }


def failed(point):
    record = {"point": point, "status": "failed", "weights": [0.5, 0.5], "epochs": 4}
    return record | {"device": "cpu", "seconds": 1.0, "failed_epoch": 2, "error": "not finite"}


def test_the_columns_of_the_table():
    table = results_table([done(0, (1.0, 2.0))], IDENTITY)
    assert list(table.columns) == [
        *("point", "status", "problem", "network", "solver", "seed", "weight_a", "weight_b"),
        *("loss_a_train", "loss_a_val", "loss_a_test", "loss_b_train", "loss_b_val", "loss_b_test"),
        *("accuracy_a_train", "accuracy_a_val", "accuracy_a_test"),
        *("chebyshev_value", "gap", "relative_gap", "stationarity", "on_front"),
        *("best_epoch", "epochs", "seconds", "device", "weights_file", "error"),
    ]
    row = table.iloc[0]
    assert (row["seed"], row["weight_b"], row["loss_b_val"], row["loss_a_test"]) == (3, 0.75, 2, 9)
    assert row["error"] is None


def test_the_front_is_that_of_the_validation_losses():
    # By training losses point 1 alone would be on the front, by test losses all.
    records = [
        done(0, (1.0, 4.0), train=(5.0, 5.0)),
        done(1, (3.0, 4.0), train=(1.0, 1.0)),
        failed(2),
        done(3, (2.0, 2.0), train=(6.0, 6.0)),
        done(4, (2.0, 2.0), train=(6.0, 6.0)),
    ]
    table = results_table(records, IDENTITY)
    assert table["point"].tolist() == [0, 1, 2, 3, 4]
    assert table["on_front"].tolist() == [True, False, False, True, True]
    assert table["status"].tolist() == ["done", "done", "failed", "done", "done"]
    row = table.iloc[2]
    assert row["error"] == "not finite"
    assert row[["loss_a_val", "loss_b_test", "accuracy_a_test", "gap"]].isna().all()
    assert pd.isna(row["weights_file"])


def test_a_table_of_failed_points_alone():
    table = results_table([failed(0), failed(1)], IDENTITY)
    assert table["on_front"].tolist() == [False, False]
    assert "loss_b_val" in table.columns
