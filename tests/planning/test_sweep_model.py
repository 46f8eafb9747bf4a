"""Where weights of a sweep are expected to land, against exact answers, and what is said of it."""

import json

import numpy as np
import pandas as pd
import pytest

from paretocli.front.predictions import predictions, typical_errors
from paretocli.front.results import read_results
from paretocli.planning.growth import Growth, emptiest
from paretocli.planning.predicted_front import predicted_front
from paretocli.planning.sweep_model import expected_at, model_of
from paretocli.run_directory.rounds import Round, round_path
from paretocli.run_directory.sweep_file import read_sweep_file
from tests.exact import exact_points
from tests.planning import in_a_line as line
from tests.planning.in_a_line import in_a_line
from tests.runs import write_run
from tests.solved import EPSILON, write_solved

LOSSES = ["loss_f1_val", "loss_f2_val"]


def vlmop2(path, first):
    weights = [[w, 1 - w] for w in first]
    losses = exact_points("vlmop2", weights, EPSILON)
    nobody, gaps = [None] * len(weights), {"relative_gap": [0.0] * len(weights)}
    write_solved(path, losses, weights, nobody, metrics=gaps, scale=[1.0, 1.0])
    return read_sweep_file(path)


def with_round(sweep, points, expected):
    """The sweep, with points of it moved into a round."""
    rows = tuple(tuple(sweep.weights[point]) for point in points)
    one = Round(1, tuple(points), rows, (None,) * len(points), 1, 0, expected=tuple(expected))
    file = round_path(sweep.path, 1)
    file.parent.mkdir()
    file.write_text(json.dumps(one.content()))
    return read_sweep_file(sweep.path)


def test_expected_and_landed_on_vlmop2(tmp_path):
    sweep = vlmop2(tmp_path / "run", np.linspace(0.1, 0.9, 9))
    asked = [(0.33, 0.67), (0.5, 0.5), (0.77, 0.23)]
    exact = exact_points("vlmop2", asked, EPSILON) + 0.125  # as the table has its losses
    found = expected_at(sweep, asked)
    for one, losses in zip(found, exact, strict=True):
        assert [one[name] for name in LOSSES] == pytest.approx(losses, abs=2e-3)
    assert [found[1][name] for name in LOSSES] == pytest.approx(exact[1], abs=1e-5)  # a point of it
    # Then three points are solved: what is said of them is what was written down and the table's.
    both = vlmop2(tmp_path / "later", [*np.linspace(0.1, 0.9, 9), 0.33, 0.77])
    both = with_round(both, [9, 10], [found[0], found[2]])
    said = predictions(both, read_results(both.path))
    assert [one.point for one in said] == [9, 10]
    assert [one.expected for one in said] == [found[0], found[2]]
    for one, losses in zip(said, exact[[0, 2]], strict=True):
        assert [one.landed[name] for name in LOSSES] == pytest.approx(losses)
    typical = typical_errors(said)["loss_f1_val"]
    errors = [abs(found[i]["loss_f1_val"] - exact[i, 0]) for i in (0, 2)]
    assert (typical.points, typical.error) == (2, pytest.approx(np.mean(errors), rel=1e-6))
    assert not typical.is_factor


def test_nothing_is_expected_beyond_what_is_known(tmp_path):
    sweep = vlmop2(tmp_path / "run", [0.2, 0.5, 0.8])
    assert [one is None for one in expected_at(sweep, [(0.1, 0.9), (0.3, 0.7)])] == [True, False]
    (tmp_path / "run" / "results.csv").unlink()
    assert expected_at(sweep, [(0.3, 0.7)]) == (None,)


def test_points_in_a_line_of_three_objectives_and_sizes_by_their_factors(tmp_path):
    shares = np.array([0.1, 0.3, 0.5, 0.7])
    weights = np.stack([shares, (1 - shares) / 2, (1 - shares) / 2], axis=1)
    sizes = 10_000 * np.exp(-4 * shares)
    metrics = {"compact_parameters": sizes, "accuracy_a_val": 0.9 - shares / 10}
    losses = np.stack([1 - shares, shares, shares], axis=1)
    names = ["sparsity", "a", "b"]
    path = write_run(
        *(tmp_path / "run", losses), metrics=metrics, objectives=names, weights=weights.tolist()
    )
    frame = pd.read_csv(path / "results.csv")
    for name, column in zip(names, weights.T, strict=True):
        frame[f"weight_{name}"] = column
    frame.to_csv(path / "results.csv", index=False)
    sweep = read_sweep_file(path)
    between, beside = expected_at(sweep, [(0.4, 0.3, 0.3), (0.4, 0.4, 0.2)])
    assert between["compact_parameters"] == pytest.approx(10_000 * np.exp(-1.6), rel=1e-5)
    assert between["accuracy_a_val"] == pytest.approx(0.86)
    assert beside is None
    model = model_of(sweep, read_results(path), ["loss_a_val"])
    assert model.points == (0, 1, 2, 3)
    sweep = with_round(sweep, [3], [{"compact_parameters": 2 * sizes[3], "gone": 1.0}])
    found = typical_errors(predictions(sweep, read_results(path)))
    assert {name: (one.points, one.error) for name, one in found.items()} == {
        "compact_parameters": (1, pytest.approx(2))
    }
    assert str(found["compact_parameters"]) == "a factor of 2"


@pytest.mark.parametrize("entry", [[{"a": "b"}], [], [{"a": float("nan")}], "no list"])
def test_a_damaged_expectation_is_told(tmp_path, entry):
    sweep = vlmop2(tmp_path / "run", [0.2, 0.5, 0.8])
    sweep = with_round(sweep, [2], [{"loss_f1_val": 0.5}])
    file = round_path(sweep.path, 1)
    file.write_text(json.dumps({**json.loads(file.read_text()), "expected": entry}))
    with pytest.raises(Exception, match="put the file back as it was"):
        read_sweep_file(sweep.path)


@pytest.mark.parametrize("column", ["shrunk_from", "pruned_to"])
def test_weights_are_not_expected_to_lead_to_sizes_that_came_from_elsewhere(tmp_path, column):
    led, shares = [0.1, 0.3, 0.5, 0.7, 0.9], [0.1, 0.3, 0.5, 0.7, 0.9, 0.42, 0.58]
    sizes = [*(10_000 * np.exp(-4 * np.array(led))), 300, 200]
    forced = [None] * 5 + [5000, 4000]
    sweep = in_a_line(tmp_path / "run", shares, sizes, **{column: forced})
    alone = in_a_line(tmp_path / "alone", led, sizes[:5])
    asked = [(w, (1 - w) / 2, (1 - w) / 2) for w in (0.2, 0.42, 0.5)]
    assert expected_at(sweep, asked) == expected_at(alone, asked)
    assert expected_at(sweep, asked)[1]["compact_parameters"] == pytest.approx(
        10_000 * np.exp(-1.68), rel=1e-3
    )
    results = read_results(sweep.path)
    front = predicted_front(sweep, results)
    assert {*front.corners.ravel().tolist()} == {0, 1, 2, 3, 4}
    assert np.nanmin(front.values[..., front.columns.index("compact_parameters")]) > 270
    growth = Growth(columns=("compact_parameters", "accuracy_a_val"))
    for one in emptiest(sweep, growth, 3, 3).points:
        assert {*one.parents} <= {0, 1, 2, 3, 4}


def test_what_will_be_held_to_a_size_lands_like_what_was(tmp_path):
    shares = [0.1, 0.3, 0.5, 0.7]
    sizes = [9000, 5000, 1000, 400]
    sweep = in_a_line(tmp_path / "run", shares, sizes, shrunk_from=[None, None, 4000, 3000])
    asked = [(0.5, 0.25, 0.25), (0.3, 0.35, 0.35)]
    held = expected_at(sweep, asked, limits={"compact_parameters": 2000})
    assert [one["compact_parameters"] for one in held] == [1000, 2000]
    assert held[0]["accuracy_a_val"] == pytest.approx(0.85)
    assert expected_at(sweep, asked)[0] is None  # beyond what weights led to


@pytest.mark.parametrize("limits", [{}, {"compact_parameters": 5000}])
def test_what_points_were_held_to_tells_nothing_of_predictions(tmp_path, limits):
    """Of them what is left free does, but nothing of how far off the predicted front may be."""
    shares = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9]
    sweep = in_a_line(tmp_path / "run", shares, [9000, 5000, 1000, 400, 300, 200, 100])
    rows = tuple(tuple(sweep.weights[point]) for point in range(2, 7))
    said = {"compact_parameters": 100.0, "accuracy_a_val": 0.8}
    known = ((2, 3, 4, 5, 6), rows, (0,) * 5, 1, 1)
    one = Round(1, *known, expected=(said,) * 5, limits=limits)
    sweep = line.with_round(sweep, one)
    results = read_results(sweep.path)
    found = typical_errors(predictions(sweep, results))
    assert found["accuracy_a_val"].points == 5
    assert ("compact_parameters" in found) == (not limits)
    front = predicted_front(sweep, results)
    assert bool(front.recorded) == (not limits)
    # Nor do weights lead to them, whether rows had to go for it or not.
    assert {*front.corners.ravel().tolist()} == ({0, 1} if limits else {*range(7)})
