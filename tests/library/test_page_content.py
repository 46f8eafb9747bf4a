"""What the page is told of a sweep beyond its table."""

import json

import numpy as np
import pytest

from paretocli.front.results import read_results
from paretocli.library.page_content import content_of
from paretocli.planning.predicted_front import error_of
from tests.exact import exact_points
from tests.runs import write_run
from tests.solved import EPSILON, write_solved


def vlmop2(path, points=9):
    weights = [[w, 1 - w] for w in np.linspace(0.1, 0.9, points)]
    losses = exact_points("vlmop2", weights, EPSILON)
    write_solved(path, losses, weights, [None] * points, metrics={"relative_gap": [0.0] * points})
    return read_results(path)


def test_the_predicted_front_of_vlmop2_lies_on_the_true_one(tmp_path):
    found = content_of(vlmop2(tmp_path / "run"))
    front = found["predicted"]
    assert front["curve"]
    assert front["corners"] == [[i, i + 1] for i in range(8)]
    first, second = (np.array(front["cells"][f"loss_{f}_val"]) - 0.125 for f in ("f1", "f2"))
    assert len(first) == 8 * front["places"]
    # By hand: f_1 = 1 − exp(−2 (t − 1/√2)²), f_2 = 1 − exp(−2 (t + 1/√2)²).
    along = 1 - np.sqrt(-np.log1p(-first))
    assert second == pytest.approx(1 - np.exp(-((along + 1) ** 2)), abs=2e-3)
    assert front["recorded"] == {}
    error = front["left_out"]["loss_f1_val"]
    assert (error["points"], error["factor"]) == (7, False)
    assert 0 < error["size"] < 0.02
    assert found["inside"] == [True] * 9
    assert found["refine"] == f"paretocli refine {tmp_path / 'run'}"
    assert (found["landed"], found["note"]) == (None, None)


def test_few_points_have_a_line_and_no_error(tmp_path):
    front = content_of(vlmop2(tmp_path / "run", 4))["predicted"]
    assert len(front["corners"]) == 3
    assert (front["recorded"], front["left_out"]) == ({}, {})
    assert content_of(vlmop2(tmp_path / "one", 1))["predicted"] is None


def test_an_error_is_one_that_four_of_five_stay_below():
    assert error_of([1.0, 2.0, 3.0], "loss_a_val") is None
    assert error_of([4.0, 1.0, 3.0, 2.0], "loss_a_val").size == 4
    nine = error_of([float(n) for n in range(9)], "compact_parameters")
    assert (nine.size, nine.is_factor, nine.points) == (7, True, 9)


def test_what_is_no_sweep_has_nothing_and_another_ones_table_is_told(tmp_path):
    write_run(tmp_path / "run", [[1.0, 2.0], [2.0, 1.0]])
    (tmp_path / "run" / "results.csv").rename(tmp_path / "mine.csv")
    assert set(content_of(read_results(tmp_path / "mine.csv")).values()) == {None}
    results = vlmop2(tmp_path / "other")
    file = tmp_path / "other" / "sweep.json"
    content = json.loads(file.read_text())
    content["config"]["objectives"] = ["a", "b"]
    file.write_text(json.dumps(content))
    found = content_of(results)
    assert "are not of the same sweep" in found["note"]
    assert found["refine"] is None


def test_points_outside_of_the_region_end_the_line(tmp_path):
    results = vlmop2(tmp_path / "run")
    file = tmp_path / "run" / "sweep.json"
    content = json.loads(file.read_text())
    content["config"] |= {"scale": "initial"}
    file.write_text(json.dumps(content))
    found = content_of(results)
    out = [row for row, one in enumerate(found["inside"]) if not one]
    losses = results.values(["loss_f1_val", "loss_f2_val"])
    assert out == np.flatnonzero((losses >= 0.95).any(axis=1)).tolist() != []
    assert not {*out} & {point for pair in found["predicted"]["corners"] for point in pair}
