import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.plots.data import gather, loss_columns

STAIRS = [[0.0, 3.0], [1.0, 1.0], [3.0, 0.0], [2.0, 2.0]]


def test_the_front_is_the_one_of_the_columns_drawn(make):
    run = make([[0.0, 2.0, 5.0], [1.0, 3.0, 0.0]])
    everything = gather([run], loss_columns([run], "test"))
    assert everything.series[0].on_front.tolist() == [True, True]
    two = gather([run], ["loss_f1_test", "loss_f2_test"])
    assert two.series[0].on_front.tolist() == [True, False]


def test_better_directions_come_from_the_names_and_from_the_user(make):
    run = make(STAIRS)
    run.frame["profit"] = [1.0, 2.0, 3.0, 4.0]
    columns = ["loss_f1_test", "profit"]
    with pytest.raises(InputError, match="--minimize profit or --maximize profit"):
        gather([run], columns)
    told = gather([run], columns, maximise={"profit"})
    assert [axis.higher for axis in told.axes] == [False, True]
    assert told.series[0].on_front.tolist() == [True, True, False, True]


def test_labels_and_title_say_the_split(make):
    run = make(STAIRS, objectives=["left", "right"])
    data = gather([run], loss_columns([run], "val"))
    assert [axis.label for axis in data.axes] == ["Validation loss, left", "Validation loss, right"]
    assert data.title == "toy, validation split"


def test_a_problem_made_in_python_is_called_by_its_name(make):
    run = make(STAIRS)
    run.frame["problem"] = "object:toy"
    assert gather([run], loss_columns([run], "val")).title == "toy, validation split"


def test_an_analytic_problem_has_no_splits(make):
    run = make(STAIRS, analytic=True)
    data = gather([run], loss_columns([run], "test"))
    assert [axis.label for axis in data.axes] == ["f1", "f2"]
    assert data.title == "toy"


def test_one_objective_that_needs_no_data_keeps_the_word_loss(make):
    run = make(STAIRS, objectives=["left", "sparsity"])
    for split in ("train", "val"):
        run.frame[f"loss_sparsity_{split}"] = run.frame["loss_sparsity_test"]
    data = gather([run], loss_columns([run], "test"))
    assert [axis.label for axis in data.axes] == ["Test loss, left", "Loss, sparsity"]


def test_ranges_span_all_inputs(make):
    runs = [make(STAIRS), make([[9.0, -1.0]], "other", solver="linear")]
    x, y = gather(runs, loss_columns(runs, "test")).axes
    assert (x.low, x.high, y.low, y.high) == (0, 9, -1, 3)


def test_empty_and_infinite_cells_are_left_out_and_counted(make):
    run = make([*STAIRS, [np.nan, 1.0], [np.inf, -1.0]])
    (series,) = gather([run], loss_columns([run], "test")).series
    assert len(series.values) == 4
    assert series.left_out.points == (4, 5)


def test_no_number_in_any_point(make):
    run = make([[np.nan, 1.0], [1.0, np.nan]])
    with pytest.raises(InputError, match="No finished point"):
        gather([run], loss_columns([run], "test"))


@pytest.mark.parametrize(
    ("second", "names"),
    [
        ({"solver": "linear"}, ["Chebyshev", "linear (weighted sum)"]),
        ({"seed": 1}, ["Chebyshev, seed 0", "Chebyshev, seed 1"]),
        ({"problem": "other"}, ["Chebyshev, toy", "Chebyshev, other"]),
        ({}, ["Chebyshev, run", "Chebyshev, run-2"]),
        ({"solver": None}, ["run", "run-2"]),
    ],
)
def test_legend_names_say_what_differs(make, second, names):
    runs = [make(STAIRS), make(STAIRS, "run-2", **second)]
    data = gather(runs, loss_columns(runs, "test"))
    assert [series.name for series in data.series] == names


def test_different_objectives_are_not_overlaid(make):
    runs = [make(STAIRS), make(STAIRS, "b", objectives=["left", "right"])]
    with pytest.raises(InputError, match=r"different objectives \(f1, f2 against left, right\)"):
        loss_columns(runs, "test")


def test_the_order_of_objectives_is_that_of_the_first(make):
    runs = [make(STAIRS), make(STAIRS, "b", objectives=["f2", "f1"])]
    assert loss_columns(runs, "test") == ["loss_f1_test", "loss_f2_test"]


def test_one_objective_is_no_front(make):
    with pytest.raises(InputError, match="found only weight_f1"):
        loss_columns([make([[1.0]])], "test")


def log_of(make, values, column="loss_f1_test"):
    run = make([[0.0, 1.0]] * len(values))
    run.frame[column] = values
    return gather([run], [column, "loss_f2_test"]).axes[0].log


def test_far_points_that_squeeze_the_others_call_for_a_logarithm(make):
    assert log_of(make, [0.1, 0.11, 0.12, 0.13, 9.0])


def test_points_at_the_upper_end_are_not_helped_by_a_logarithm(make):
    assert not log_of(make, [0.1, 0.95, 0.96, 0.97, 0.98])


def test_numbers_with_a_zero_have_no_logarithm(make):
    assert not log_of(make, [0.0, 0.11, 0.12, 0.13, 9.0])


@pytest.mark.parametrize("column", ["parameters_kept", "unique_parameters", "macs"])
def test_sizes_are_logarithmic_whatever_they_are(make, column):
    assert log_of(make, [100, 200, 300], column)


def test_rates_are_linear_whatever_they_are(make):
    assert not log_of(make, [1.0, 1.1, 1.2, 1.3, 99.0], "sparsity_rate")
