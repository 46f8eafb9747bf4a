import json
from functools import partial

import pytest
import torch
from sklearn.metrics import mean_absolute_error, roc_auc_score

from paretocli.core.directions import metric_direction, metric_directions
from paretocli.errors import InputError
from paretocli.examination.directions import direction_notes
from paretocli.library.drawing import Better, draw_columns
from paretocli.problems import Metric, Problem, Samples, Task
from paretocli.problems.classification import classification
from paretocli.problems.dense import depth, normals, segmentation
from paretocli.problems.regression import Scale, regression


def neg_mean_absolute_error(output, target):
    return -(output - target).abs().mean()


class Declares:
    """As the objects of torchmetrics do."""

    def __init__(self, higher_is_better):
        self.higher_is_better = higher_is_better

    def __call__(self, output, target):
        return 0.0


def direction(name, function):
    metric = function if isinstance(function, Metric) else Metric.mean(function)
    return metric_direction(name, metric)


def test_what_is_declared_counts():
    declared = Metric.mean(mean_absolute_error, higher_is_better=True)
    assert direction("mae", declared) == "higher"
    assert direction("accuracy", Metric.whole(len, higher_is_better=False)) == "lower"
    assert direction("quality", Declares(True)) == "higher"
    assert direction("quality", Metric.whole(Declares(False))) == "lower"
    assert direction("quality", Declares(None)) is None


def test_names_are_looked_up_as_a_whole():
    assert direction("f1", lambda output, target: 0.0) == "higher"
    assert direction("quality", mean_absolute_error) == "lower"
    assert direction("quality", partial(mean_absolute_error, multioutput="x")) == "lower"
    assert direction("quality", Metric.whole(roc_auc_score)) == "higher"
    assert direction("quality", neg_mean_absolute_error) == "higher"
    assert direction("distance_to_iou", lambda output, target: 0.0) is None


def test_names_that_contradict_each_other_say_nothing():
    assert direction("mae", neg_mean_absolute_error) is None


@pytest.mark.parametrize(
    "task",
    [
        classification("t", 3),
        regression("t", Scale(0.0, 1.0)),
        segmentation("t", 3),
        depth("t"),
        normals("t"),
    ],
)
def test_the_directions_of_built_in_metrics_are_known(task):
    lower = {"rmse", "abs_error", "rel_error", "mean_angle", "median_angle"}
    found = {name: metric_direction(name, metric) for name, metric in task.all_metrics.items()}
    assert found == {name: "lower" if name in lower else "higher" for name in found}


def problem(**metrics):
    x = torch.arange(6.0).reshape(6, 1)
    data = Samples(x, (x[:, 0], x[:, 0]))
    tasks = [Task("a", mse, metrics), Task("b", mse, {"rmse": mse})]
    return Problem(name="p", tasks=tasks, train=data, val=data, test=data)


def mse(output, target):
    return (output.squeeze(-1) - target).square().mean()


def test_the_notes_of_a_check():
    assert list(direction_notes(problem(f1=mse, accuracy=len))) == [
        "Whether lower or higher is better is not known of f1 of a: plot-front and compare will "
        "ask for it. Declare it with the metric, as in "
        "Metric.mean(function, higher_is_better=True)."
    ]
    declared = Metric.mean(mse, higher_is_better=True)
    (note,) = direction_notes(problem(mae=declared, quality=declared))
    assert note.startswith("The metric mae of task a is better higher, but most people")
    assert list(direction_notes(problem(r2=len))) == []


def test_what_a_problem_declares_is_drawn(tmp_path):
    declared = metric_directions(
        problem(quality=Metric.mean(len, higher_is_better=False), odd=len, r2=len)
    )
    assert declared == {"quality_a": "lower", "odd_a": None, "r2_a": "higher", "rmse_b": "lower"}
    columns = ["weight_a", "weight_b", *(f"{name}_test" for name in declared)]
    table = f"{','.join(columns)}\n0,1,1,1,1,1\n1,0,2,2,2,2\n"
    (tmp_path / "results.csv").write_text(table)
    (tmp_path / "sweep.json").write_text(json.dumps({"directions": declared}))

    def better(*names, said=()):
        drawn = [f"{name}_test" for name in names]
        options = (Better(set(), set(said)), tmp_path / "a.svg", None)
        return draw_columns([tmp_path], drawn, "test", *options).report["better"]

    assert better("quality_a", "r2_a") == {"quality_a_test": "lower", "r2_a_test": "higher"}
    with pytest.raises(InputError, match='not known for "odd_a_test";'):
        better("odd_a", "r2_a")
    assert better("odd_a", "r2_a", said={"odd"})["odd_a_test"] == "higher"
