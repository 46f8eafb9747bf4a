"""From tables to problems."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from paretocli.errors import InputError
from paretocli.networks.building import network_names
from paretocli.problems.tabular import tabular
from paretocli.problems.targets import task_name

PATH = Path("t.csv")
ROWS = 50


def table(**changes):
    rng = np.random.default_rng(0)
    columns = {
        "x": 100 + 7 * rng.normal(size=ROWS),
        "kind": rng.choice(["red", "blue", "green"], size=ROWS).astype(object),
        "a": rng.normal(size=ROWS),
        "b": 1e3 + rng.normal(size=ROWS),
        **changes,
    }
    frame = pd.DataFrame(columns, index=range(2, ROWS + 2))
    return frame.drop(columns=[name for name, column in columns.items() if column is None])


def make(frame, targets=("a", "b")):
    return tabular(frame, targets, name="t", path=PATH)


def test_splits_tasks_and_inputs():
    frame = table()
    problem = make(frame, ("b", "a"))
    assert problem.name == "t"
    assert problem.objectives == ("b", "a")
    assert problem.metrics == ("rmse_b", "r2_b", "rmse_a", "r2_a")
    assert network_names(problem)[:3] == ("hps", "mdmtn", "mtan")
    assert [len(split) for split in problem.splits().values()] == [30, 10, 10]
    # Targets are those of the table, each row once.
    together = torch.cat([split.targets[0] for split in problem.splits().values()])
    np.testing.assert_array_equal(np.sort(together), np.sort(frame["b"]))
    # x standardised by the training rows, and one input for each of three kinds
    inputs = problem.train.inputs
    assert inputs.shape == (30, 4)
    assert inputs.dtype == torch.float32
    assert inputs[:, 0].mean().item() == pytest.approx(0, abs=1e-6)
    assert inputs[:, 0].std(correction=0).item() == pytest.approx(1, abs=1e-5)
    assert set(inputs[:, 1:].unique().tolist()) == {0, 1}
    assert (inputs[:, 1:].sum(dim=1) == 1).all()
    assert make(frame, ("b", "a")).checksums() == problem.checksums()


def test_only_the_training_rows_are_learned_from():
    frame = table(kind=None)
    test_row = int(np.random.default_rng(20241).permutation(ROWS)[-1])
    changed = frame.copy()
    changed.iloc[test_row, 0] = 1e6
    before, after = make(frame), make(changed)
    assert torch.equal(before.train.inputs, after.train.inputs)
    assert after.test.inputs.max() > 1e4


def test_missing_and_unknown_features():
    order = np.random.default_rng(20241).permutation(ROWS)
    frame = table()
    frame.iloc[order[[0, 45]], 0] = np.nan
    frame.iloc[order[[1, 2]], 1] = None
    frame.iloc[order[46], 1] = "violet"
    frame["void"] = np.nan
    problem = make(frame)
    assert problem.train.inputs[0, 0] == problem.test.inputs[5, 0] == 0
    assert problem.train.inputs.shape == (30, 5)  # a missing kind is a fourth kind
    assert torch.equal(problem.train.inputs[1, 1:], problem.train.inputs[2, 1:])
    assert problem.train.inputs[1, 1:].sum() == 1
    assert (problem.test.inputs[6, 1:] == 0).all()


def test_rare_categories_are_taken_together():
    frame = pd.concat([table()] * 10, ignore_index=True)
    frame["kind"] = [f"name {i}" for i in range(len(frame))]
    assert make(frame).train.inputs.shape[1] == 1 + 100


def test_missing_targets_are_kept_as_such():
    frame = table()
    frame.iloc[::3, 2] = np.nan
    problem = make(frame)
    found = sum(int(split.targets[0].isnan().sum()) for split in problem.splits().values())
    assert found == len(frame.iloc[::3])
    network = torch.nn.Linear(4, 1)
    task = problem.tasks[0]
    assert task.mean_loss(network(problem.train.inputs), problem.train.targets[0]).isfinite()


def test_a_nominal_target_of_numbers_is_numeric():
    problem = make(table(a=[str(i % 3) for i in range(ROWS)]))
    assert set(problem.train.targets[0].tolist()) == {0, 1, 2}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("LBL+ALLminpA+fut_001", "LBL+ALLminpA+fut_001"),
        ("price, net", "price_net"),
        ("a=b", "a_b"),
        ('5" wide\ttop', "5_wide_top"),
    ],
)
def test_names_of_tasks_are_easy_to_type(column, expected):
    assert task_name(column) == expected
    assert make(table().rename(columns={"a": column}), (column, "b")).objectives[0] == expected


@pytest.mark.parametrize(
    ("changes", "targets", "message"),
    [
        ({}, ("a", "bb"), r"t\.csv has no column 'bb' to predict; did you mean 'b'\?"),
        ({}, ("a", "zz"), r"no column 'zz' to predict; its columns are x, kind, a, b"),
        ({}, ("a", "a"), "The target a is named twice"),
        ({}, ("a",), r"Only a is to be predicted from t\.csv"),
        ({"a b": 1.0, "a=b": 2.0}, ("a b", "a=b"), "'a b' and 'a=b' of .* both be called a_b"),
        ({"x": None, "kind": None}, ("a", "b"), "has no column to predict the targets from"),
        ({"x": np.nan, "kind": None}, ("a", "b"), "has no column to predict the targets from"),
        ({}, ("a", "kind"), "Line 2 of .* holds '.*' in column kind, where numbers were expected"),
        ({"a": 2.5}, ("a", "b"), r"column a of t\.csv is 2\.5 in all of the training rows"),
        ({"a": np.nan}, ("a", "b"), r"column a of t\.csv is missing in all of the 30 training row"),
    ],
)
def test_tables_without_a_problem_in_them(changes, targets, message):
    with pytest.raises(InputError, match=message):
        make(table(**changes), targets)


def test_too_few_rows():
    with pytest.raises(InputError, match=r"t\.csv has 19 rows; at least 20 are needed"):
        make(table().iloc[:19])
    assert len(make(table().iloc[:20]).test) == 4
