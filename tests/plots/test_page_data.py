import json
import shlex

import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.front.results import read_results
from paretocli.plots.page_data import gather_page
from tests.solved import write_solved
from tests.sparse_run import SMALL, write_sparse_run

HALVES = [[0.5, 0.5]] * 2
SAID = {"minimise": {"cost"}, "maximise": {"profit"}}


def page(*paths, split="test", **options):
    return gather_page([read_results(path) for path in paths], split, **options)


def column(data, name):
    (found,) = [one for one in data["columns"] if one["name"] == name]
    return found


def test_data_is_plain_and_survives_json(tmp_path):
    data = page(write_sparse_run(tmp_path / "run"))
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_every_finished_point_has_all_its_cells(tmp_path):
    (series,) = page(write_sparse_run(tmp_path / "run"))["series"]
    assert series["points"] == [0, 1, 2, 3]
    assert series["failed"] == 1
    assert series["cells"]["loss_sparsity_test"] == SMALL["sparsity"]
    assert series["cells"]["relative_gap"] == [0.01, None, 0.03, 0.04]
    assert series["cells"]["solver"] == ["chebyshev"] * 4
    assert {len(cells) for cells in series["cells"].values()} == {4}


def test_fractions_have_seven_digits_whole_numbers_all_and_none_is_infinite(tmp_path):
    (tmp_path / "mine.csv").write_text("a,b\n0.123456789,1\n123456789,inf\n1e-12,\n")
    (series,) = page(tmp_path / "mine.csv", columns=("a", "b"), minimise={"a", "b"})["series"]
    cells = {name: series["cells"][name] for name in ("a", "b")}
    assert cells == {"a": [0.1234568, 123456789.0, 1e-12], "b": [1.0, None, None]}


def test_dominated_is_decided_in_the_losses_of_the_split_whatever_the_axes(tmp_path):
    run = write_sparse_run(tmp_path / "run")
    for columns in (None, ("sparsity_rate", "accuracy_left_test")):
        data = page(run, columns=columns)
        assert data["series"][0]["on_front"] == [True, True, False, True]
        assert data["dominance"] == "test losses"
    table = (run / "results.csv").read_text().splitlines()
    header = table[0].split(",")
    cells = table[3].split(",")
    cells[header.index("loss_left_val")] = "0.01"  # the third point beats the first there
    (run / "results.csv").write_text("\n".join([*table[:3], ",".join(cells), *table[4:]]))
    data = page(run, split="val")
    assert data["series"][0]["on_front"] == [False, True, True, True]
    assert data["dominance"] == "validation losses"


def test_without_objectives_dominated_is_decided_in_the_chosen_columns(tmp_path):
    (tmp_path / "mine.csv").write_text("cost,profit\n1,1\n2,5\n3,4\n,9\n0,inf\n")
    data = page(tmp_path / "mine.csv", columns=("cost", "profit"), **SAID)
    assert data["series"][0]["on_front"] == [True, True, False, None, None]
    assert data["dominance"] == "cost and profit"
    assert (data["x"], data["y"], data["view"]) == ("cost", "profit", "scatter")
    assert data["parallel"] == []
    assert data["tasks"]["rows"] == []
    assert [column(data, name)["higher"] for name in ("cost", "profit")] == [False, True]


def test_the_first_view_by_number_of_objectives(make):
    two, three, four = (make([[1.0] * m, [2.0] * m], f"run{m}") for m in (2, 3, 4))
    views = [gather_page([run], "test") for run in (two, three, four)]
    assert [data["view"] for data in views] == ["scatter", "scatter", "parallel"]
    assert [data["colour"] for data in views] == [
        *("rank of dominance", "loss_f3_test", "rank of dominance")
    ]
    assert {(data["x"], data["y"]) for data in views} == {("loss_f1_test", "loss_f2_test")}
    chosen = gather_page([four], "test", columns=("loss_f3_val", "weight_f1"))
    assert (chosen["view"], chosen["x"], chosen["y"]) == ("scatter", "loss_f3_val", "weight_f1")


def test_the_first_view_of_sparse_sweeps_is_accuracy_against_size(tmp_path):
    runs = [write_sparse_run(tmp_path / name) for name in ("a", "b", "plain")]
    for run in runs[:2]:
        with_sizes(run, [9000, 5000, 6000, 800])
    for paths in (runs[:1], runs[:2]):
        data = page(*paths)
        opening = ("compact_parameters", "accuracy_left_test", "scatter")
        assert (data["x"], data["y"], data["view"]) == opening
        assert column(data, "compact_parameters")["log"]
        assert data["series"][0]["on_front"] == [True, True, False, True]  # by losses, as ever
    assert page(runs[0], split="val")["y"] == "accuracy_left_val"
    # A sweep of an older version in it, sizes that are all alike: nothing to draw against.
    assert page(runs[0], runs[2])["x"] == "loss_sparsity_test"
    with_sizes(runs[2], [5000, 5000, 5000, None])
    assert page(runs[2])["x"] == "loss_sparsity_test"


def with_sizes(run, sizes):
    frame = pd.read_csv(run / "results.csv")
    frame["compact_parameters"] = [*sizes, None]
    frame.to_csv(run / "results.csv", index=False)


def test_ranks_of_dominance_are_a_column_of_their_own(tmp_path):
    header = "cost,profit,rank of dominance"
    (tmp_path / "mine.csv").write_text(f"{header}\n1,1,7\n2,5,7\n3,4,7\n4,3,7\n,9,7\n")
    data = page(tmp_path / "mine.csv", columns=("cost", "profit"), **SAID)
    assert data["rank"] == data["colour"] == "rank of dominance*"
    (series,) = data["series"]
    assert series["cells"][data["rank"]] == [1, 1, 2, 3, None]
    assert series["on_front"] == [True, True, False, False, None]
    found = column(data, data["rank"])
    assert (found["low"], found["high"], found["higher"]) == (1, 3, False)
    # Nothing to tell apart where all points are on the front, or where colours tell sweeps apart.
    alike = page(write_solved(tmp_path / "run", [[1.0, 2.0], [2.0, 1.0]], HALVES, HALVES))
    assert alike["colour"] is None
    assert column(alike, alike["rank"])["high"] == 2


def test_sweeps_are_named_and_look_as_in_a_picture(tmp_path):
    data = page(write_sparse_run(tmp_path / "a"), write_sparse_run(tmp_path / "b", "linear"))
    assert [series["name"] for series in data["series"]] == ["Chebyshev", "linear (weighted sum)"]
    first, second = (series["style"] for series in data["series"])
    assert first == {"colour": "#0072B2", "marker": "circle", "dashes": [], "hollow": False}
    assert second == {"colour": "#D55E00", "marker": "square", "dashes": [5, 2], "hollow": True}
    assert data["colour"] is None  # it tells the sweeps apart


def test_sweeps_with_different_objectives_need_columns(tmp_path, make):
    run, other = write_sparse_run(tmp_path / "a"), make([[1.0, 2.0]], "other").path
    with pytest.raises(InputError, match="different objectives"):
        page(run, other)
    data = page(run, other, columns=("point", "seed"))
    assert "loss_f1_test" in [one["name"] for one in data["columns"]]
    assert "loss_f1_test" not in data["series"][0]["cells"]


def test_columns_say_their_words_directions_and_ranges(tmp_path):
    data = page(write_sparse_run(tmp_path / "run"))
    assert column(data, "accuracy_left_test") == {
        "name": "accuracy_left_test",
        "label": "Test accuracy, left",
        "row": "Accuracy, left",
        "split": "test",
        "group": "test",
        "higher": True,
        "low": 0.6,
        "high": 0.95,
        "log": False,
    }
    kept = column(data, "parameters_kept")
    assert (kept["higher"], kept["log"], kept["group"]) == (False, True, "point")
    weight = column(data, "weight_left")
    assert (weight["label"], weight["higher"], weight["group"]) == ("Weight, left", None, "weights")
    assert column(data, "seed")["higher"] is None
    assert set(data["words"]) == {"status", "problem", "network", "solver", "weights_file"}


def test_a_column_that_is_the_same_on_all_splits_is_offered_once(tmp_path):
    data = page(write_sparse_run(tmp_path / "run"))
    same = [column(data, f"loss_sparsity_{split}") for split in ("train", "val", "test")]
    assert [one["group"] for one in same] == [None, None, "test"]
    assert {one["label"] for one in same} == {"Loss, sparsity"}


def test_labels_that_are_offered_differ(tmp_path):
    (tmp_path / "mine.csv").write_text("gap,Gap,loss_test\n1,2,3\n2,1,4\n")
    data = page(tmp_path / "mine.csv", columns=("gap", "Gap"), minimise={"Gap"})
    labels = [one["label"] for one in data["columns"]]
    assert len(set(labels)) == 4, labels
    assert "Gap (gap)" in labels


def test_the_table_of_tasks_has_weights_losses_and_metrics(tmp_path):
    data = page(write_sparse_run(tmp_path / "run"), split="val")
    assert data["tasks"]["heads"] == ["Weight", "Loss", "Accuracy"]
    assert data["tasks"]["rows"][:2] == [
        {"name": "sparsity", "columns": ["weight_sparsity", "loss_sparsity_val", None]},
        {"name": "left", "columns": ["weight_left", "loss_left_val", "accuracy_left_val"]},
    ]
    assert data["whole"] == ["sparsity_rate", "compression_rate", "relative_gap"]


def test_sets_of_parallel_axes(tmp_path):
    losses, accuracies = page(write_sparse_run(tmp_path / "run"))["parallel"]
    assert losses["name"] == "Test loss"
    assert [axis["label"] for axis in losses["axes"]] == ["sparsity", "left", "right"]
    assert accuracies["name"] == "Test accuracy"
    assert [axis["column"] for axis in accuracies["axes"]] == [
        "accuracy_left_test",
        "accuracy_right_test",
        "sparsity_rate",
    ]


def test_metrics_that_one_task_has_share_a_set(tmp_path):
    header = "weight_a,weight_b,loss_a_test,loss_b_test,miou_a_test,angle_b_test,sparsity_rate"
    (tmp_path / "mine.csv").write_text(f"{header}\n.5,.5,1,2,.3,40,0\n.6,.4,2,1,.4,50,0\n")
    _, metrics = page(tmp_path / "mine.csv")["parallel"]
    assert metrics["name"] == "Metrics"
    assert [axis["label"] for axis in metrics["axes"]] == ["mIoU, a", "Angle, b"]


@pytest.mark.parametrize("name", ["run", "my run; rm -rf ~", "<b>'quoted'"])
def test_the_command_that_exports_a_point(tmp_path, monkeypatch, name):
    write_sparse_run(tmp_path / "runs" / name)
    monkeypatch.chdir(tmp_path)
    (series,) = gather_page(
        [read_results((tmp_path / "runs" / name).relative_to(tmp_path))], "test"
    )["series"]
    assert shlex.split(series["export"][2]) == [
        *("paretocli", "export", f"runs/{name}", "2"),
        *("--out", f"{name}-2"),
    ]


def test_a_table_without_networks_has_no_such_command(tmp_path):
    run = write_sparse_run(tmp_path / "run")
    (run / "results.csv").rename(run / "copy.csv")
    assert page(run / "copy.csv")["series"][0]["export"] == [None] * 4
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n2,1\n")
    other = page(tmp_path / "mine.csv", columns=("a", "b"), minimise={"a", "b"})
    assert other["series"][0]["export"] == [None] * 2


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("nothing", "seed"), "no column"),
        (("solver", "seed"), "where a number is needed"),
        (("empty", "seed"), "No finished point"),
    ],
)
def test_a_column_that_cannot_be_drawn_is_refused(tmp_path, columns, message):
    file = write_sparse_run(tmp_path / "run") / "results.csv"
    header, *rows = file.read_text().splitlines()
    file.write_text("\n".join([f"{header},empty", *(f"{row}," for row in rows)]))
    with pytest.raises(InputError, match=message):
        page(file, columns=columns)


def test_a_chosen_column_of_yes_and_no_counts_as_numbers(tmp_path):
    (tmp_path / "mine.csv").write_text("a,good\n1,True\n2,False\n")
    data = page(tmp_path / "mine.csv", columns=("a", "good"), minimise={"a", "good"})
    assert data["series"][0]["cells"]["good"] == [1.0, 0.0]
    assert column(data, "good")["high"] == 1.0


def test_what_a_step_costs_is_said_of_every_point_of_a_sweep(tmp_path):
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n2,1\n")
    (mine,) = page(tmp_path / "mine.csv", columns=("a", "b"), minimise={"a", "b"})["series"]
    assert mine["costs"] == [None, None]
    losses, weights = [[0.1, 0.9], [0.5, 0.5], [0.9, 0.1], [0.9, 0.9]], [[0.5, 0.5]] * 4
    (own,) = page(write_solved(tmp_path / "run", losses, weights, weights))["series"]
    assert [len(costs["steps"]) for costs in own["costs"]] == [2, 2, 2, 0]
    assert own["costs"][1]["steps"][0] == [
        "0.1 less training loss f1 costs about 0.1 training loss f2.",
        "Measured at point 0, next better in f1: 0.4 less training loss f1, "
        "0.4 more training loss f2.",
    ]
    assert own["costs"][0]["steps"][0][1] is None
    (reason,) = own["costs"][3]["notes"]
    assert reason == ("No exchange rates at point 3: it is not on the front of the losses on val.")
