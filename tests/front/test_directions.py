import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocli.core import metric_names
from paretocli.errors import InputError
from paretocli.front.columns import POINT_COLUMNS
from paretocli.front.directions import Directions
from paretocli.front.results import Results, read_results


@pytest.fixture
def table(tmp_path):
    """Results with some columns, and what a run directory declares, if it is one."""

    def table(columns, declared=None, name="run"):
        folder = tmp_path / name
        folder.mkdir()
        cells = ",".join(map(str, range(len(columns))))
        file = folder / "results.csv"
        file.write_text(f"{','.join(columns)}\n{cells}\n", encoding="utf-8")
        if declared is not None:
            (folder / "sweep.json").write_text(json.dumps(declared), encoding="utf-8")
        return read_results(file)

    return table


def tasks(*names):
    return [f"weight_{name}" for name in names]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("accuracy_left_test", "higher"),
        ("accuracy_left", "higher"),
        ("neg_mean_absolute_error_left_val", "higher"),
        ("mean_absolute_error_left_val", "lower"),
        ("balanced_accuracy_left_val", "higher"),
        ("distance_to_iou_left_test", None),
        ("iou_distance_left_test", None),
        ("accuracy_loss_left_val", None),
        ("loss_left_test", "lower"),
        ("loss_accuracy_test", "lower"),  # of a task called accuracy
        ("weight_accuracy", None),
        ("accuracy", "higher"),
        ("sparsity_rate", "higher"),
        ("compact_parameters", "lower"),
        ("relative_gap", "lower"),
        ("point", None),
        ("profit", None),
        ("lossless", None),
    ],
)
def test_the_metric_is_what_stands_before_the_task(table, column, expected):
    objectives = tasks("left", "accuracy")
    results = table([*objectives, *({column} - set(objectives))])
    assert Directions([results]).of(column) == expected


def test_without_objectives_the_whole_name_counts(table):
    columns = ["accuracy", "accuracy_left", "r2_test", "loss_left_test", "my_iou", "seconds"]
    found = Directions([table(columns)])
    directions = [found.of(column) for column in columns]
    assert directions == ["higher", None, "higher", None, None, "lower"]


def test_a_name_that_can_be_cut_in_two_ways_is_not_guessed(table):
    # The accuracy of left_digit, or what somebody calls accuracy_left of digit?
    nested = table([*tasks("digit", "left_digit"), "accuracy_left_digit_val", "accuracy_digit_val"])
    found = Directions([nested])
    assert found.of("accuracy_left_digit_val") is None
    assert found.of("accuracy_digit_val") == "higher"
    # The figure top1 of a task called error, or the error of the first guess?
    error = table([*tasks("error", "x"), "top1_error_val", "top5_error_val"], name="other")
    assert Directions([error]).of("top1_error_val") is None


def test_what_is_declared_counts_before_the_name(table):
    declared = {"directions": {"quality_a": "lower", "mae_a": "higher", "f1_a": None, "r2_a": 7}}
    names = [f"{name}_a_test" for name in ("quality", "mae", "f1", "r2", "rmse")]
    found = Directions([table([*tasks("a"), *names], declared)])
    assert [found.of(name) for name in names] == ["lower", "higher", None, None, "lower"]


def test_what_the_user_says_counts_most(table):
    columns = [*tasks("a", "b"), "mae_a_val", "mae_b_val", "mae_b_test"]
    results = table(columns, {"directions": {"mae_a": "lower", "mae_b": "lower"}})
    drawn = columns[2:]
    for said, expected in {
        "mae_b_test": [False, False, True],
        "mae_b": [False, True, True],
        "mae": [True, True, True],
    }.items():
        assert Directions([results], maximise=[said]).higher(drawn).tolist() == expected
    both = Directions([results], minimise=["mae_b_val"], maximise=["mae"])
    assert both.higher(drawn).tolist() == [True, False, True]
    with pytest.raises(InputError, match="both lower and higher"):
        Directions([results], ["mae"], ["mae"])


def test_an_unknown_direction_is_asked_for(table):
    results = table([*tasks("a"), "my score", "distance_to_iou_a_test", "loss_a_test"])
    found = Directions([results])
    assert found.higher(["loss_a_test"]).tolist() == [False]
    with pytest.raises(InputError, match="--minimize 'my score' or --maximize 'my score'"):
        found.higher(["loss_a_test", "my score"])
    with pytest.raises(InputError, match='for "my score" and "distance_to_iou_a_test"'):
        found.higher(["my score", "distance_to_iou_a_test"])


def test_inputs_have_to_agree(table):
    columns = [*tasks("a"), "quality_a_test"]
    one = table(columns, {"directions": {"quality_a": "higher"}}, "one")
    other = table(columns, {"directions": {"quality_a": "lower"}}, "other")
    silent = table(columns, None, "silent")
    without = table([*tasks("a"), "r2_a_test"], None, "without")
    assert Directions([one, without]).of("quality_a_test") == "higher"
    for inputs in ([one, other], [one, silent]):
        assert Directions(inputs).of("quality_a_test") is None
        assert Directions(inputs, ["quality"]).of("quality_a_test") == "lower"


def test_a_damaged_note_stops_what_depends_on_it_alone(table):
    results = table([*tasks("a"), "accuracy_a_test", "loss_a_test", "seconds"], {})
    (results.path.parent / "sweep.json").write_text("{torn")
    found = Directions([results])
    assert found.higher(["loss_a_test", "seconds"]).tolist() == [False, False]
    with pytest.raises(InputError, match=r"sweep\.json"):
        found.higher(["accuracy_a_test"])


KNOWN = sorted(metric_names._DIRECTIONS)
PARTS = st.sampled_from([*KNOWN[::40], "a", "b", "error", "to", "distance", "x", "iou", "mae"])


@given(st.lists(PARTS, min_size=1, max_size=4), st.sampled_from(["a", "b_a", "error", "iou"]))
def test_no_part_of_a_column_decides(parts, task):
    metric = "_".join(parts)
    column = f"{metric}_{task}_val"
    if metric == "loss":
        return
    frame = pd.DataFrame({f"weight_{task}": [1.0], column: [2.0]})
    results = Results(Path("mine.csv"), "mine", frame, frame[:0], (task,))
    found = Directions([results]).of(column)
    whole = {metric_names.known_direction(name) for name in (metric, f"{metric}_{task}")} - {None}
    assert found in whole or found is None
    if metric in KNOWN and len(whole) == 1:
        assert {found} == whole


def test_columns_of_a_point_are_no_names_of_metrics(table):
    # gap_a is somebody's metric.
    results = table([*tasks("a"), "gap_a_test", "gap"])
    assert Directions([results]).of("gap_a_test") is None
    assert Directions([results]).of("gap") == POINT_COLUMNS["gap"] == "lower"
