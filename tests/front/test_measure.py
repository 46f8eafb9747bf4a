"""Columns to measure in, and the box in them."""

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.front.measure import (
    chosen_columns,
    loss_columns,
    stored_box,
    union_box,
    union_front,
)
from paretocli.front.sweeps import read_sweep
from tests.runs import write_run

FRONT = [[0.2, 0.8], [0.8, 0.2]]
METRICS = {
    "accuracy_f1_val": [0.9, 0.7],
    "accuracy_f1_test": [0.8, 0.6],
    "parameters_kept": [100.0, 50.0],
    "mystery": [1.0, 2.0],
}


@pytest.fixture
def sweeps(tmp_path):
    return [
        read_sweep(write_run(tmp_path / "a", FRONT, reference=[1.5, 2.0], metrics=METRICS)),
        read_sweep(write_run(tmp_path / "b", FRONT, reference=[3.0, 3.0], metrics=METRICS, seed=1)),
    ]


def test_losses_are_costs(sweeps):
    columns = loss_columns(sweeps, "test")
    assert columns.names == ("loss_f1_test", "loss_f2_test")
    assert columns.labels == ("f1", "f2")
    np.testing.assert_allclose(columns.costs(sweeps[0]), np.array(FRONT) + 0.125)


def test_what_is_better_higher_is_negated(sweeps):
    columns = chosen_columns(sweeps, ["accuracy_f1", "parameters_kept", "f2"], "val")
    assert columns.names == ("accuracy_f1_val", "parameters_kept", "loss_f2_val")
    assert columns.higher.tolist() == [True, False, False]
    costs = columns.costs(sweeps[0])
    assert costs.tolist() == [[-0.9, 100, 0.8], [-0.7, 50, 0.2]]
    assert columns.turned(costs)[:, 0].tolist() == [0.9, 0.7]


def test_a_split_in_a_name_wins(sweeps):
    columns = chosen_columns(sweeps, ["accuracy_f1_test", "accuracy_f1"], "val")
    assert columns.names == ("accuracy_f1_test", "accuracy_f1_val")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["accuracy_f1", "mystery"], 'better is not known for "mystery"; say so with --minimize'),
        (["accuracy_f1", "parameters"], 'no column of numbers "parameters"; the closest are'),
        (["accuracy_f1"], "should name two or more different columns"),
        (["accuracy_f1", "accuracy_f1_val"], "should name two or more different columns"),
        (["accuracy_f1", "solver"], '"solver" of .* holds "chebyshev" in row 1 where a number is'),
    ],
)
def test_columns_that_cannot_be_measured(sweeps, names, message):
    with pytest.raises(InputError, match=message):
        chosen_columns(sweeps, names, "val")


def test_all_sweeps_must_have_the_columns(sweeps, tmp_path):
    bare = read_sweep(write_run(tmp_path / "c", FRONT, seed=2))
    with pytest.raises(InputError, match=r'c/results\.csv has no column of numbers "accuracy_f1_v'):
        chosen_columns([*sweeps, bare], ["accuracy_f1", "parameters_kept"], "val")


def test_points_with_an_empty_cell_are_left_out(tmp_path):
    metrics = {"accuracy_f1_val": [0.9, np.nan], "rmse_f2_val": [np.nan, np.nan]}
    sweep = read_sweep(write_run(tmp_path / "a", FRONT, metrics=metrics))
    columns = chosen_columns([sweep], ["accuracy_f1", "f2"], "val")
    assert columns.costs(sweep).tolist() == [[-0.9, 0.8]]
    infinite = {"accuracy_f1_val": [0.9, np.inf], "rmse_f2_val": [-np.inf, 1.0]}
    other = read_sweep(write_run(tmp_path / "b", FRONT, metrics=infinite))
    assert columns.costs(other).tolist() == [[-0.9, 0.8]]
    empty = chosen_columns([sweep], ["rmse_f2", "f2"], "val")
    with pytest.raises(InputError, match=r"No finished point of .*results.csv has a finite number"):
        empty.costs(sweep)


def test_the_stored_box_is_that_of_the_first(sweeps):
    found = stored_box(sweeps, loss_columns(sweeps, "val"), None, None)
    assert found.box.reference_point.tolist() == [1.5, 2.0]
    assert (found.ideal_from, found.reference_point_from) == ("stored", "stored")
    found = stored_box(sweeps, loss_columns(sweeps, "val"), None, [1.0, 1.0])
    assert found.box.reference_point.tolist() == [1.0, 1.0]
    assert found.box.ideal.tolist() == [0.0, 0.0]
    assert (found.ideal_from, found.reference_point_from) == ("stored", "given")


def test_a_given_corner_settles_what_differs(tmp_path):
    runs = [
        write_run(tmp_path / "a", FRONT),
        write_run(tmp_path / "b", FRONT, reference=[2, 2], lr=1),
    ]
    sweeps = [read_sweep(run) for run in runs]
    columns = loss_columns(sweeps, "val")
    with pytest.raises(InputError, match="the stored reference point of f1 is 1 in one and 2 in"):
        stored_box(sweeps, columns, [0.0, 0.0], None)
    found = stored_box(sweeps, columns, None, [1.25, 1.25])
    assert found.box.reference_point.tolist() == [1.25, 1.25]


def test_the_union_makes_a_box():
    """Between the ends of the common front, and a tenth of that beyond the worse one."""
    fronts = [np.array([[0.0, 10.0], [5.0, 5.0]]), np.array([[2.0, 4.0], [4.0, 0.0], [9.0, 9.0]])]
    front = union_front(fronts)
    assert front.tolist() == [[0, 10], [2, 4], [4, 0]]
    columns = columns_of("loss_a", "loss_b")
    found = union_box(fronts, columns, None, None)
    assert found.box.ideal.tolist() == [0, 0]
    np.testing.assert_allclose(found.box.reference_point, [4.4, 11.0])
    assert (found.ideal_from, found.reference_point_from) == ("union", "union")
    found = union_box(fronts, columns, [-1, -1], None)
    np.testing.assert_allclose(found.box.reference_point, [4.4, 11.0])
    assert found.box.ideal.tolist() == [-1, -1]


def test_equal_points_count_once_in_the_union():
    assert union_front([np.array(FRONT), np.array(FRONT)]).tolist() == FRONT


def test_corners_are_given_in_the_units_of_the_columns():
    columns = columns_of("accuracy_a", "loss_b", higher=[True, False])
    fronts = [np.array([[-0.9, 2.0], [-0.5, 1.0]])]
    found = union_box(fronts, columns, [1.0, 0.0], [0.25, 3.0])
    assert found.box.ideal.tolist() == [-1.0, 0.0]
    assert found.box.reference_point.tolist() == [-0.25, 3.0]


@pytest.mark.parametrize(
    ("ideal", "reference", "message"),
    [
        ([1.0, 0.0, 0.0], None, "--ideal should hold 2 numbers, for accuracy_a, loss_b; found 3"),
        (None, [0.3], "--reference should hold 2 numbers, for accuracy_a, loss_b; found 1"),
        (None, [0.95, 3.0], r"of accuracy_a should be worse than its ideal .0.9., found 0.95"),
        ([1.0, 3.0], [0.25, 3.0], r"of loss_b should be worse than its ideal .3., found 3;"),
    ],
)
def test_what_makes_no_box(ideal, reference, message):
    columns = columns_of("accuracy_a", "loss_b", higher=[True, False])
    with pytest.raises(InputError, match=message):
        union_box([np.array([[-0.9, 2.0], [-0.5, 1.0]])], columns, ideal, reference)


def test_a_front_of_one_point_makes_no_box():
    columns = columns_of("accuracy_a", "loss_b", higher=[True, False])
    with pytest.raises(InputError, match=r"the same accuracy_a .0.9., which makes no box; give"):
        union_box([np.array([[-0.9, 2.0], [-0.5, 3.0]])], columns, None, None)


def columns_of(*names, higher=(False, False)):
    from paretocli.front.measure import Columns

    return Columns(names, names, np.array(higher))
