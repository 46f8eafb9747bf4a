"""Picking points: by hand, and against shapes whose knee is known."""

import numpy as np
import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.front.results import read_results
from paretocli.front.selection import (
    closest,
    find_column,
    front_of,
    fulfilling,
    knee,
    next_better,
    only_one,
    parse_condition,
)

TABLE = {
    "point": [0, 1, 2, 3, 4],
    "status": ["done", "done", "failed", "done", "done"],
    "weight_left": [0.1, 0.3, 0.5, 0.7, 0.9],
    "weight_right": [0.9, 0.7, 0.5, 0.3, 0.1],
    "loss_left_val": [4.0, 2.0, np.nan, 1.0, 1.5],
    "loss_right_val": [1.0, 2.0, np.nan, 4.0, 4.5],
    "loss_left_test": [4.0, 2.0, np.nan, 1.5, 1.0],
    "loss_right_test": [1.0, 2.0, np.nan, 4.0, 4.5],
    "accuracy_left_val": [0.5, 0.9, np.nan, 0.97, 0.96],
    "parameters_kept": [10, 20, np.nan, 30, np.nan],
    "error": ["", "", "burst", "", ""],
}


@pytest.fixture
def results(tmp_path):
    pd.DataFrame(TABLE).to_csv(tmp_path / "results.csv", index=False)
    return read_results(tmp_path)


def test_the_front_depends_on_the_split(results):
    assert front_of(results, "val")[0].tolist() == [True, True, True, False]
    assert front_of(results, "test")[0].tolist() == [True, True, True, True]
    assert [results.point(row) for row in range(4)] == [0, 1, 3, 4]


@pytest.mark.parametrize("cell", [np.inf, -np.inf, np.nan])
def test_a_point_without_a_finite_loss_is_on_no_front_and_beats_nobody(tmp_path, cell):
    table = pd.DataFrame(TABLE)
    table.loc[1, "loss_left_val"] = cell
    table.to_csv(tmp_path / "results.csv", index=False)
    front, left_out = front_of(read_results(tmp_path), "val")
    assert front.tolist() == [True, False, True, False]
    assert left_out.points == (1,)


def test_a_condition_judges_points_with_a_number_alone(results):
    rows, left_out = fulfilling(
        results, [0, 1, 3], parse_condition("parameters_kept > 5", results, "val")
    )
    assert (rows, left_out.points) == ([0, 1], (4,))
    with pytest.raises(InputError, match="No point of the front"):
        fulfilling(results, [3], parse_condition("parameters_kept > 5", results, "val"))


def test_numbers_of_points_of_a_strangers_table(tmp_path):
    (tmp_path / "t.csv").write_text("point,a\n7,1\nx,2\n,3\n1.5,4\n")
    results = read_results(tmp_path / "t.csv")
    assert [results.point(row) for row in range(4)] == [7, 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("parameters_kept", "parameters_kept"),
        ("accuracy_left", "accuracy_left_val"),
        ("accuracy_left_val", "accuracy_left_val"),
        ("left", "loss_left_val"),
        ("loss_right_test", "loss_right_test"),
    ],
)
def test_names_of_columns(results, name, column):
    assert find_column(results, name, "val") == column


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("accuracy_left >= 0.96", [2, 3]),
        ("accuracy_left>=96%", [2, 3]),
        ("accuracy_left > 96 %", [2]),
        ("left < 2", [2, 3]),
        ("left <= 2e0", [1, 2, 3]),
        ("parameters_kept == 30", [2]),
        ("parameters_kept > 0", [0, 1, 2]),
    ],
)
def test_conditions(results, text, rows):
    condition = parse_condition(text, results, "val")
    assert np.flatnonzero(condition.holds(results)).tolist() == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accuracy_left", "is no condition: it should be a column, one of >=, <=, ==, >, <, and a"),
        ("accuracy_left >= high", "is no condition"),
        ("accuracy_left => 0.5", "is no condition"),
        ("", "is no condition"),
        (
            "acuracy_left > 0.5",
            'no column of numbers "acuracy_left"; the closest are accuracy_left',
        ),
        ("xyz > 0.5", "there are point, weight_left"),
    ],
)
def test_what_is_no_condition(results, text, message):
    with pytest.raises(InputError, match=message):
        parse_condition(text, results, "val")


def test_the_knee_of_a_quarter_circle_is_in_its_middle():
    angles = np.linspace(0, np.pi / 2, 21)
    convex = np.column_stack([1 - np.cos(angles), 5 * (1 - np.sin(angles))])
    row, bulge = knee(convex)
    assert row == 10
    assert bulge == pytest.approx(np.sqrt(2) - 1)
    _, bulge = knee(np.column_stack([np.cos(angles), np.sin(angles)]))
    assert bulge == pytest.approx(0, abs=1e-12)
    assert knee(np.array([[3.0, 4.0]]))[0] == 0


def test_the_nearest_weights():
    weights = np.array([[0.1, 0.9], [0.5, 0.5], [0.8, 0.2]])
    assert [closest(weights, np.array(w)) for w in ([0.2, 0.8], [0.6, 0.4], [1, 0])] == [0, 1, 2]


def test_the_next_better_in_each_objective():
    losses = np.array([[4.0, 1.0], [2.0, 2.0], [1.0, 4.0]])
    assert [next_better(losses, row) for row in range(3)] == [[1, None], [2, 0], [None, 1]]


def test_one_is_taken_and_several_are_not(results):
    assert only_one(results, [2]) == 2
    with pytest.raises(InputError, match=r"2 points match \(points 1, 3\); choose among them with"):
        only_one(results, [1, 2])


def test_a_table_without_objectives(tmp_path):
    pd.DataFrame({"a": [1, 2], "b": [2, 1]}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(InputError, match="names no objectives"):
        front_of(read_results(tmp_path / "t.csv"), "val")
