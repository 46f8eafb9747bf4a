from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from paretocli.errors import InputError
from paretocli.front.task_columns import task_columns
from paretocli.plots.against_data import gather_against
from paretocli.plots.against_figure import figure_against, save_against

TASKS = ("left", "right")


@pytest.fixture
def sweep(make):
    """Write a sweep of sparsity and some tasks, with an accuracy for each task and split."""

    def sweep(count=4, name="run", *, tasks=TASKS, metric="accuracy", seed=0, **constants):
        random = np.random.default_rng(seed)
        objectives = ["sparsity", *tasks]
        run = make(random.random((count, len(objectives))), name, objectives=objectives)
        for column, value in constants.items():
            run.frame[column] = value
        run.frame["sparsity_rate"] = np.linspace(40, 90, count)
        run.frame["parameters_kept"] = np.geomspace(200_000, 5_000, count).astype(int)
        for task in tasks if metric else ():
            for k, split in enumerate(("train", "val", "test")):
                run.frame[f"{metric}_{task}_{split}"] = 0.9 + 0.05 * random.random(count) + k / 100
        return run

    return sweep


def test_each_task_is_judged_by_its_first_metric(sweep):
    run = sweep()
    run.frame["recall_left_test"] = 0.5
    columns = task_columns(run, "test")
    assert columns == {"left": "accuracy_left_test", "right": "accuracy_right_test"}
    assert list(task_columns(run, "val").values()) == ["accuracy_left_val", "accuracy_right_val"]


def test_names_of_tasks_that_end_alike_are_told_apart(sweep):
    run = sweep(tasks=("digit", "left_digit"))
    run.frame.insert(0, "recall_left_digit_test", 0.5)
    columns = task_columns(run, "test")
    assert columns == {"digit": "accuracy_digit_test", "left_digit": "recall_left_digit_test"}


def test_without_metrics_tasks_are_judged_by_their_losses(sweep):
    data = gather_against([sweep(metric=None)], "sparsity_rate", "test")
    assert data.columns == ["sparsity_rate", "loss_left_test", "loss_right_test"]
    assert data.panels[0].axis.label == "Test loss"
    assert not data.panels[0].axis.higher


def test_the_front_is_that_of_the_column_and_each_task_alone(sweep):
    run = sweep(3)
    run.frame["sparsity_rate"] = [10.0, 50.0, 90.0]
    run.frame["accuracy_left_test"] = [0.9, 0.8, 0.7]
    run.frame["accuracy_right_test"] = [0.7, 0.8, 0.8]
    data = gather_against([run], "sparsity_rate", "test")
    assert [one.on_front.tolist() for one in data.curves] == [[True] * 3, [False, False, True]]
    assert data.curves[1].values.tolist() == [[10, 0.7], [50, 0.8], [90, 0.8]]


def test_fewer_parameters_are_better(sweep):
    run = sweep(2)
    run.frame["parameters_kept"] = [100, 200]
    run.frame["accuracy_left_test"] = [0.9, 0.8]
    data = gather_against([run], "parameters_kept", "test")
    assert data.curves[0].on_front.tolist() == [True, False]


@pytest.mark.parametrize(
    ("column", "words", "higher", "log"),
    [
        ("parameters_kept", "Parameters kept", False, True),
        ("parameters", "Parameters", False, True),
        ("unique_parameters", "Unique parameters (shared counted once)", False, True),
        ("macs", "Multiply-accumulates", False, True),
        ("rows_kept", "Rows kept", False, False),
        ("rows", "Rows", False, False),
        ("sparsity_rate", "Sparsity rate (%)", True, False),
        ("compression_rate", "Compression rate (rows / unique rows)", True, False),
        ("parameter_sharing", "Parameter sharing (rows kept / unique rows)", True, False),
    ],
)
def test_the_figures_of_sparsity_as_axes(sweep, column, words, higher, log):
    run = sweep()
    run.frame[column] = [1, 2, 3, 4]
    axis = gather_against([run], column, "test").axis
    assert (axis.label, axis.higher, axis.log) == (words, higher, log)


def test_a_size_of_zero_has_no_logarithm(sweep):
    run = sweep()
    run.frame["macs"] = [0, 10, 100, 1000]
    data = gather_against([run], "macs", "test")
    assert not data.axis.log
    figure_against(data).draw_without_rendering()


def test_per_cents_are_shown_whole_and_never_on_a_logarithmic_axis(sweep):
    run = sweep(9)
    run.frame["sparsity_rate"] = [1.0] * 8 + [99.0]
    data = gather_against([run], "sparsity_rate", "test")
    assert (data.axis.low, data.axis.high, data.axis.log) == (0, 100, False)
    low, high = figure_against(data).axes[0].get_xlim()
    assert low < 0
    assert high > 100


def test_sizes_have_readable_ticks(sweep):
    figure = figure_against(gather_against([sweep()], "parameters_kept", "test"))
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    texts = [text.get_text() for text in axes.get_xticklabels()]
    assert texts == ["5k", "10k", "20k", "50k", "100k", "200k"]
    assert "log scale" in axes.get_xlabel()


def test_what_is_measured_alike_shares_a_panel(sweep):
    run = sweep(tasks=("a", "b", "c"))
    renamed = {name: name.replace("accuracy", "mean_angle") for name in run.frame if "_b_" in name}
    run = replace(run, frame=run.frame.rename(columns=renamed))
    data = gather_against([run], "sparsity_rate", "test")
    labels = [panel.axis.label for panel in data.panels]
    assert labels == ["Test accuracy", "Test mean angle, b"]
    assert [panel.axis.higher for panel in data.panels] == [True, False]
    assert [[curve.task for curve in panel.curves] for panel in data.panels] == [[0, 2], [1]]
    assert data.columns == [
        "sparsity_rate",
        *("accuracy_a_test", "mean_angle_b_test", "accuracy_c_test"),
    ]
    upper, lower = figure_against(data).axes
    assert not upper.get_xlabel()
    assert lower.get_xlabel()


def test_a_task_is_not_drawn_against_itself(sweep):
    data = gather_against([sweep()], "accuracy_left_test", "test")
    assert data.tasks == ("right",)
    assert data.panels[0].axis.label == "Test accuracy, right"


def test_incomplete_points_are_left_out_and_counted(sweep):
    run = sweep()
    run.frame.loc[1, "accuracy_left_test"] = np.nan
    data = gather_against([run], "sparsity_rate", "test")
    assert (data.inputs[0].points, data.inputs[0].left_out.points) == (3, (1,))
    run.frame["accuracy_left_test"] = np.nan
    with pytest.raises(InputError, match="choose other columns"):
        gather_against([run], "sparsity_rate", "test")


def test_a_direction_can_be_told(sweep):
    run = sweep()
    run.frame["profit"] = [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(InputError, match="--minimize profit or --maximize profit"):
        gather_against([run], "profit", "test")
    assert not gather_against([run], "profit", "test", minimise={"profit"}).axis.higher
    assert gather_against([run], "profit", "test", maximise={"profit"}).axis.higher


def test_sweeps_with_and_without_sparsity_have_the_same_tasks(sweep, make):
    dense = make([[0.1, 0.2]], "dense", objectives=["right", "left"])
    for task in TASKS:
        dense.frame[f"accuracy_{task}_test"] = 0.9
    dense.frame["sparsity_rate"] = 0.0
    data = gather_against([sweep(), dense], "sparsity_rate", "test")
    assert [(one.task, one.source, one.column) for one in data.curves] == [
        (0, 0, "accuracy_left_test"),
        (0, 1, "accuracy_left_test"),
        (1, 0, "accuracy_right_test"),
        (1, 1, "accuracy_right_test"),
    ]


def test_different_tasks_are_not_overlaid(sweep):
    with pytest.raises(InputError, match="judge different tasks"):
        gather_against([sweep(), sweep(name="b", tasks=("up", "down"))], "sparsity_rate", "test")


def test_an_input_without_tasks(make):
    run = make([[1.0, 2.0]], objectives=["sparsity", "x"])
    with pytest.raises(InputError, match="names no tasks"):
        gather_against([replace(run, objectives=())], "seed", "test")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("parameter_kept", r"is not there; .* \(the closest are parameters_kept"),
        ("zzz", r"is not there; .* \(try sparsity_rate, parameters_kept"),
        ("solver", "holds words, not numbers"),
    ],
)
def test_a_wrong_column_is_answered_with_others(sweep, column, message):
    with pytest.raises(InputError, match=message):
        gather_against([sweep()], column, "test")


def test_a_split_without_metrics(sweep):
    run = sweep()
    run = replace(run, frame=run.frame.drop(columns=["accuracy_right_val"]))
    with pytest.raises(InputError, match='no column "accuracy_right_val"; choose another split'):
        gather_against([run], "sparsity_rate", "val")


def markers_of(figure):
    """Give colour and shape of all scattered fronts."""
    (axes,) = figure.axes
    found = [one for one in axes.collections if isinstance(one, PathCollection)]
    return [
        (tuple(one.get_edgecolor()[0][:3].round(2)), len(one.get_paths()[0].vertices))
        for one in found[1::2]
    ]


def test_tasks_differ_by_colour_and_inputs_by_marker(sweep):
    runs = [sweep(), sweep(name="b", solver="linear", seed=1)]
    figure = figure_against(gather_against(runs, "sparsity_rate", "test"))
    (axes,) = figure.axes
    colours = [line.get_color() for line in axes.lines]
    assert colours == ["#0072B2", "#D55E00"] * 2
    dashes = [line.get_linestyle() for line in axes.lines]
    assert dashes[:2] == dashes[2:]
    assert dashes[0] != dashes[1]
    shapes = [shape for _, shape in markers_of(figure)]
    assert shapes[0] == shapes[1] != shapes[2] == shapes[3]


def test_tasks_of_one_input_differ_by_marker_too(sweep):
    figure = figure_against(gather_against([sweep()], "sparsity_rate", "test"))
    assert len({shape for _, shape in markers_of(figure)}) == 2


def test_front_points_are_joined_by_steps(sweep):
    run = sweep(3)
    run.frame["sparsity_rate"] = [10.0, 50.0, 90.0]
    run.frame["accuracy_left_test"] = [0.9, 0.8, 0.7]
    run.frame["accuracy_right_test"] = [0.7, 0.8, 0.9]
    left, right = figure_against(gather_against([run], "sparsity_rate", "test")).axes[0].lines
    corners = [[90, 0.7], [50, 0.7], [50, 0.8], [10, 0.8], [10, 0.9]]
    assert left.get_xydata().tolist() == corners
    assert right.get_xydata().tolist() == [[90, 0.9]]


@pytest.mark.parametrize("count", [1, 7, 40])
@pytest.mark.parametrize("column", ["sparsity_rate", "parameters_kept"])
@pytest.mark.parametrize(
    "tasks", [TASKS, ("a", "b", "c"), ("a very long name of a task " * 3, "b")]
)
@pytest.mark.parametrize("inputs", [1, 2])
def test_every_text_is_legible(sweep, legible, count, column, tasks, inputs):
    runs = [sweep(count, str(i), tasks=tasks, solver=f"solver {i}") for i in range(inputs)]
    words = legible(figure_against(gather_against(runs, column, "test")))
    assert "toy, test split" in words
    shown = " ".join(" ".join(words).split())
    assert all(" ".join(task.split()) in shown for task in tasks)


def test_the_legend_counts_where_there_is_one_input_and_names_both_where_there_are_two(sweep):
    runs = [sweep(), sweep(name="b", solver="linear")]

    def legend(runs):
        figure = figure_against(gather_against(runs, "sparsity_rate", "test"))
        return [text.get_text() for text in figure.legends[0].get_texts()]

    counts = [one.on_front.sum() for one in gather_against(runs, "sparsity_rate", "test").curves]
    assert legend(runs[:1])[:2] == [
        f"left: {counts[0]} of 4 on the front",
        f"right: {counts[2]} of 4 on the front",
    ]
    words = [text for text in legend(runs) if text.strip()]
    assert words == ["left", "right", "faded: dominated", "Chebyshev", "linear (weighted sum)"]


def test_the_legend_has_tasks_at_the_left_and_inputs_at_the_right(sweep):
    runs = [sweep(name=name, solver=name) for name in ("a", "b", "c", "d")]
    figure = figure_against(gather_against(runs, "sparsity_rate", "test"))
    figure.draw_without_rendering()
    places = {text.get_text(): text.get_window_extent().x0 for text in figure.legends[0].texts}
    tasks, inputs = [places[one] for one in TASKS], [places[one] for one in "abcd"]
    assert max(tasks) == pytest.approx(min(tasks))
    assert max(inputs) == pytest.approx(min(inputs))
    assert max(tasks) < min(inputs)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_picture_is_written(sweep, tmp_path, kind):
    data = gather_against([sweep()], "sparsity_rate", "test")
    save_against(data, tmp_path / f"a.{kind}")
    assert (tmp_path / f"a.{kind}").stat().st_size > 5000
    with pytest.raises(InputError, match=r"\.png, \.svg or \.pdf"):
        save_against(data, tmp_path / "a.bmp")
