"""Figures that people read, through their slopes over losses."""

import numpy as np
import pytest

from paretocli.front.results import read_results
from paretocli.front.slopes import Slopes
from tests.front.test_exchange import rates_of
from tests.solved import write_solved

NAMES = ["sparsity", "left", "right"]
LOSSES = np.array([[0.9, 0.1, 0.2], [0.7, 0.2, 0.3], [0.5, 0.3, 0.4], [0.3, 0.4, 0.5]])
WEIGHTS = [[0.2, 0.4, 0.4]] * 4
MULTIPLIERS = [[0.5, 0.25, 0.25]] * 4
SIZES = 1000 * np.exp(5 * LOSSES[:, 0])
METRICS = {
    "accuracy_left_val": 1 - LOSSES[:, 1] / 2,
    "accuracy_right_val": 1 - LOSSES[:, 2] / 4,
    "compact_parameters": SIZES,
}


def run(path, **metrics):
    columns = {**METRICS, **metrics}
    return write_solved(path, LOSSES, WEIGHTS, MULTIPLIERS, objectives=NAMES, metrics=columns)


def figures(path, row=1):
    return Slopes(read_results(path), range(4), "val").at(row)


def test_slopes_of_metrics_and_of_the_logarithm_of_a_size(tmp_path):
    sparsity, left, right = figures(run(tmp_path / "run"))
    assert (sparsity.column, left.column) == ("compact_parameters", "accuracy_left_val")
    assert sparsity.slope == pytest.approx(5 * SIZES[1])
    assert left.slope == pytest.approx(-0.5)
    assert right.slope == pytest.approx(-0.25)
    assert (left.gain, right.gain, sparsity.gain) == (0.01, 0.01, -1000)
    assert left.share
    assert not sparsity.share


def test_a_step_in_metrics_and_sizes(tmp_path):
    rates = rates_of(run(tmp_path / "run"))[1]
    left = rates.steps[1]
    costs = {cost.column: cost.change for cost in left.costs}
    # 0.01 of accuracy are 0.02 of the loss, and n is as 0.1, 0.1, 0.1 but for ε.
    assert costs["accuracy_right_val"] == pytest.approx(-0.25 * 0.02)
    assert costs["compact_parameters"] == pytest.approx(0.02 * 5 * SIZES[1])
    (first, *_), measured = left.measured, {one.column: one.change for one in left.measured}
    assert left.beside == 0
    assert first.change == pytest.approx(SIZES[0] - SIZES[1])
    assert measured["accuracy_left_val"] == pytest.approx(0.05)
    text = " ".join(str(rates).split())
    assert "1 % more accuracy left costs about 3,300 parameters or 0.5 % accuracy right." in text
    assert "1,000 fewer parameters cost about 0.3 % accuracy left or 0.15 % accuracy right." in text
    assert "Measured at point 0, next better in left: 56,902 more parameters, 5 % more" in text
    assert "fitted to the point and its neighbours" in text
    assert max(map(len, str(rates).splitlines())) <= 80


@pytest.mark.parametrize(
    "values",
    [
        [0.5, 0.6, 0.7, 0.8],  # better where the loss is larger
        [0.9, 0.1, 0.8, 0.5],  # nothing to do with it
        [0.9, 0.9, 0.9, 0.9],
        [0.9, np.nan, 0.8, 0.7],
    ],
)
def test_a_metric_that_does_not_follow_its_loss_is_not_read(tmp_path, values):
    _, left, _ = figures(run(tmp_path / "run", accuracy_left_val=values))
    assert (left.column, left.slope, left.gain) == ("loss_left_train", 1.0, -0.1)


def test_a_metric_of_which_nobody_knows_what_is_better_is_not_read(tmp_path):
    found = {name: METRICS[name] for name in METRICS if name != "accuracy_left_val"}
    path = tmp_path / "run"
    columns = {**found, "whatever_left_val": 1 - LOSSES[:, 1]}
    write_solved(path, LOSSES, WEIGHTS, MULTIPLIERS, objectives=NAMES, metrics=columns)
    assert figures(path)[1].column == "loss_left_train"


def test_points_alone_have_no_slope(tmp_path):
    (figure, *_) = Slopes(read_results(run(tmp_path / "run")), [1], "val").at(1)
    assert (figure.column, figure.slope) == ("loss_sparsity_train", 1.0)
