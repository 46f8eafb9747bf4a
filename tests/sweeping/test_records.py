import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import torch

from paretocli.front.sizes import COMPACT
from paretocli.networks.building import build_network
from paretocli.sparsity.layers import find_layers
from paretocli.sweeping.records import (
    SPARSITY_COLUMNS,
    history_line,
    point_name,
    point_record,
    results_table,
)
from paretocli.sweeping.resolve import resolve
from tests.toys import HIDDEN, growl_of, make_trainer, pictures, solve, vectors

HYPERVOLUMES = {"val": 0.75, "test": 0.5}
WEIGHTS = [[0.2, 0.8], [0.6, 0.4]]


@pytest.fixture(scope="module")
def config():
    """The configuration of two points of tasks a and b."""
    options = {"problem": "vlmop2", "weights": ["0.2,0.8", "0.6,0.4"], "epochs": 2}
    return dataclasses.replace(resolve(options).config, objectives=("a", "b"))


@pytest.fixture(scope="module")
def trained():
    """Problem, the report of its first epoch, and the outcome."""
    problem = pictures()
    trainer = make_trainer(problem, WEIGHTS, epochs=2)
    report = trainer.run_epoch()
    return problem, report, solve(trainer)


def test_the_record_of_a_point(config, trained):
    problem, _, outcome = trained
    record = point_record(1, 1, config, problem, (), outcome)
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
    for name in ("chebyshev_value", "gap", "relative_gap", "stationarity", "mean_stationarity"):
        assert record[name] == pytest.approx(getattr(outcome, name)[1].item())
    np.testing.assert_allclose(record["multipliers"], outcome.multipliers[1])
    np.testing.assert_allclose(record["mean_multipliers"], outcome.mean_multipliers[1])
    assert record["weights_file"] == "points/0001.safetensors"
    # Without layers, as for an analytic problem, nothing is said of them.
    assert not {"layers", "sparsity"} & set(record)


def test_the_record_of_a_point_that_diverged(config, trained):
    problem, _, outcome = trained
    outcome.failed_epoch[0] = 2
    try:
        failed = point_record(0, 0, config, problem, (), outcome)
        fine = point_record(1, 1, config, problem, (), outcome)
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
    record = point_record(0, 0, config, problem, (), outcome)
    assert record["multipliers"] is record["gap"] is record["relative_gap"] is None
    assert record["mean_multipliers"] is record["mean_stationarity"] is None
    assert record["stationarity"] is not None


def test_a_line_of_the_history(config, trained):
    problem, report, _ = trained
    line = history_line(7, 1, config, problem, report, HYPERVOLUMES)
    assert (line["point"], line["epoch"]) == (7, 1)
    assert set(line) == {
        *("point", "epoch", "seconds", "loss", "metric"),
        *("multipliers", "penalty", "gap", "relative_gap"),
        *("subproblem_epochs", "hypervolume_val", "hypervolume_test"),
    }
    assert line["subproblem_epochs"] == 2
    assert (line["hypervolume_val"], line["hypervolume_test"]) == (0.75, 0.5)
    assert line["loss"]["test"]["b"] == pytest.approx(report.figures["test"][0][1, 1].item())
    json.dumps(line, allow_nan=False)


def test_what_is_not_finite_is_null(config, trained):
    problem, report, _ = trained
    losses, metrics = report.figures["val"]
    spoilt = losses.clone()
    spoilt[1, 0], spoilt[1, 1] = torch.nan, torch.inf
    report.figures["val"] = (spoilt, metrics)
    line = history_line(0, 1, config, problem, report, HYPERVOLUMES)
    report.figures["val"] = (losses, metrics)
    assert line["loss"]["val"] == {"a": None, "b": None}
    json.dumps(line, allow_nan=False)


# Sparsity

SPARSE_WEIGHTS = [[0.6, 0.2, 0.2], [0.5, 0.3, 0.2]]


@pytest.fixture(scope="module")
def sparse():
    """Configuration, problem, layers, the last report and the outcome of a run of two phases."""
    problem = vectors()
    options = {
        "problem": "multidigits",
        "network": "hps",
        "weights": [",".join(map(str, row)) for row in SPARSE_WEIGHTS],
        "epochs": 4,
        "retrain_epochs": 2,
    }
    config = dataclasses.replace(resolve(options).config, objectives=("sparsity", "a", "b"))
    trainer = make_trainer(
        problem,
        SPARSE_WEIGHTS,
        sparsity=growl_of(problem),
        epochs=4,
        lr=0.05,
        retrain_epochs=2,
        retrain_lr=0.01,
        share_similarity=0.3,
    )
    reports = []
    while not trainer.finished:
        reports.append(trainer.run_epoch())
    layers = find_layers(build_network("wide", problem, 0), problem.train.inputs[:2].float())
    return config, problem, layers, reports[-1], trainer.finish()


def test_a_record_says_how_sparse_the_network_is(sparse):
    config, problem, layers, _, outcome = sparse
    macs = 240 + 120 + 2 * 9 + 5  # 5 of whatever has no rows
    records = [point_record(k, k, config, problem, layers, outcome, macs) for k in (0, 1)]
    for k, record in enumerate(records):
        assert json.loads(json.dumps(record, allow_nan=False)) == record
        assert record["epochs"] == 6
        assert 4 < record["best_epoch"] <= 6
        for split in ("train", "val", "test"):
            assert list(record["loss"][split]) == ["sparsity", "a", "b"]
            assert list(record["metric"][split]) == ["accuracy_a", "accuracy_b"]
            np.testing.assert_allclose(
                list(record["loss"][split].values()), outcome.figures[split][0][k]
            )
        assert len(record["multipliers"]) == 3

        rows = outcome.tensors[HIDDEN][k].T
        alive = rows[(rows != 0).any(dim=1)]
        unique, counts = alive.unique(dim=0, return_counts=True)
        names = [layer["layer"] for layer in record["layers"]]
        roles = [layer["role"] for layer in record["layers"]]
        assert names == ["body.0", "body.4", "heads.0", "heads.1"]
        assert roles == ["input", "hidden", "head", "head"]
        hidden = record["layers"][1]
        assert hidden == {
            "layer": "body.4",
            "role": "hidden",
            "rows": 40,
            "zero_rows": 40 - len(alive),
            "shared_rows": counts[counts > 1].sum().item(),
            "unique_rows": len(unique),
            "parameters": 120,
            "parameters_kept": 3 * len(alive),
            "unique_parameters": 3 * len(unique),
            "macs": 3 * len(alive),
        }
        assert hidden["zero_rows"] >= 10
        assert hidden["shared_rows"] >= 2

        whole = record["sparsity"]
        assert tuple(whole) == SPARSITY_COLUMNS
        # 6 rows go into the body, 3 into each head; batch norm and biases count as parameters too.
        assert (whole["rows"], whole["parameters"]) == (6 + 40 + 3 + 3, 240 + 80 + 123 + 2 * 12)
        assert whole["rows_kept"] == 52 - hidden["zero_rows"]
        assert whole["sparsity_rate"] == pytest.approx(100 * hidden["zero_rows"] / 52)
        assert whole["parameters_kept"] == whole["parameters"] - 3 * hidden["zero_rows"]
        assert whole["macs"] == 240 + 3 * len(alive) + 2 * 9 + 5
    assert records[0]["layers"] != records[1]["layers"]


def test_a_network_without_zero_rows_has_its_figures_too(config, trained):
    problem, _, outcome = trained
    layers = find_layers(build_network("noisy", problem, 0), problem.train.inputs[:2])
    record = point_record(1, 1, config, problem, layers, outcome)
    assert record["sparsity"]["sparsity_rate"] == 0
    assert [layer["zero_rows"] for layer in record["layers"]] == [0] * 4
    outcome.failed_epoch[1] = 1
    try:
        failed = point_record(1, 1, config, problem, layers, outcome)
    finally:
        outcome.failed_epoch[1] = 0
    assert not {"layers", "sparsity"} & set(failed)


def test_a_line_of_the_history_counts_zero_rows(sparse):
    config, problem, _, report, outcome = sparse
    for k in (0, 1):
        line = history_line(3, k, config, problem, report, HYPERVOLUMES)
        assert line["epoch"] == 6
        assert list(line["loss"]["val"]) == ["sparsity", "a", "b"]
        assert line["zero_rows"] == (outcome.tensors[HIDDEN][k] == 0).all(dim=0).sum().item()
        assert json.loads(json.dumps(line, allow_nan=False)) == line


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
        *("compact_parameters", "compact_macs"),
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


def test_points_of_later_rounds_say_which_and_from_where():
    first = done(0, (1.0, 4.0), round=0, parent=None)
    records = [first, done(1, (3.0, 1.0), round=1, parent=0), failed(2) | {"round": 1}]
    columns = list(results_table(records, IDENTITY).columns)
    assert columns[columns.index("on_front") + 1 :][:3] == ["round", "parent", "best_epoch"]
    text = results_table(records, IDENTITY)[["round", "parent"]].to_csv(index=False)
    assert text.split() == ["round,parent", "0,", "1,0", "1,"]
    assert not {"round", "parent"} & set(results_table([first, failed(1)], IDENTITY).columns)


def test_a_table_of_failed_points_alone():
    table = results_table([failed(0), failed(1)], IDENTITY)
    assert table["on_front"].tolist() == [False, False]
    assert "loss_b_val" in table.columns


SPARSITY = {
    "sparsity_rate": 25.0,
    "compression_rate": 2.0,
    "parameter_sharing": 1.5,
    "rows": 8,
    "rows_kept": 6,
    "parameters": 50,
    "parameters_kept": 40,
    "unique_parameters": 30,
    "macs": 400,
}


def test_the_columns_of_sparsity_follow_the_metrics():
    records = [done(0, (1.0, 2.0), sparsity=SPARSITY, layers=[{"layer": "body"}]), failed(1)]
    table = results_table(records, IDENTITY)
    columns = list(table.columns)
    start = columns.index("accuracy_a_test") + 1
    assert columns[start : start + 12] == [*SPARSITY, *COMPACT, "chebyshev_value"]
    assert set(SPARSITY) == set(SPARSITY_COLUMNS)
    assert table.loc[0, list(SPARSITY)].to_dict() == SPARSITY
    assert table.loc[1, list(SPARSITY)].isna().all()
    assert not {"layers", "sparsity"} & set(columns)


def test_sparsity_as_an_objective_takes_part_in_the_front():
    identity = IDENTITY | {"objectives": ["sparsity", "a", "b"]}

    def point(number, sparsity, a, b):
        losses = {"sparsity": sparsity, "a": a, "b": b}
        record = done(number, (0.0, 0.0), sparsity=SPARSITY, weights=[0.2, 0.4, 0.4])
        return record | {"loss": dict.fromkeys(("train", "val", "test"), losses)}

    table = results_table(
        [point(0, 0.5, 1.0, 1.0), point(1, 0.4, 2.0, 2.0), point(2, 0.6, 2.0, 2.0)], identity
    )
    assert table["on_front"].tolist() == [True, True, False]
    assert table["weight_sparsity"].tolist() == [0.2] * 3
    assert table["loss_sparsity_val"].tolist() == [0.5, 0.4, 0.6]
    assert list(table.columns[6:12]) == [
        *("weight_sparsity", "weight_a", "weight_b"),
        *("loss_sparsity_train", "loss_sparsity_val", "loss_sparsity_test"),
    ]
