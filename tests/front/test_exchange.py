"""What a step costs at a point: against known fronts, and where nobody knows it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import paretocli
from paretocli.front.exchange import Exchange
from paretocli.front.normal import LARGEST_GAP, LARGEST_STATIONARITY
from paretocli.front.results import read_results
from paretocli.front.selection import front_of
from tests.exact import exact_points
from tests.solved import EPSILON, exact_multipliers, exact_slope, write_solved

RELEASED = Path(__file__).parent.parent / "released"
WEIGHTS = [[w, 1 - w] for w in (0.2, 0.35, 0.5, 0.65, 0.8)]
MIDDLE = 2


def rates_of(path, split="val"):
    """Those of all finished points."""
    results = read_results(path)
    rows = np.flatnonzero(front_of(results, split)[0]).tolist()
    exchange = Exchange(results, rows, split)
    return [exchange.at(row) for row in range(len(results.frame))]


def solved(path, problem="vlmop2", **options):
    """A sweep of exact solutions."""
    losses = exact_points(problem, WEIGHTS, EPSILON)
    multipliers = exact_multipliers(problem, WEIGHTS, EPSILON)
    return write_solved(path, losses, WEIGHTS, options.pop("multipliers", multipliers), **options)


@pytest.mark.parametrize("problem", ["vlmop2", "zdt2"])
def test_exact_solutions(tmp_path, problem):
    path = solved(tmp_path / "run", problem)
    losses = exact_points(problem, WEIGHTS, EPSILON)
    for rates, point in zip(rates_of(path), losses, strict=True):
        slope = -exact_slope(problem, point[0])
        assert rates.reason == ""
        assert rates.rates["f1"]["f2"] == pytest.approx(slope, rel=0.05)
        assert rates.rates["f2"]["f1"] == pytest.approx(1 / slope, rel=0.05)
        for step in rates.steps:
            # Better in one is worse in the other, to first order and as measured.
            (cost,) = step.costs
            assert step.gain.change < 0 < cost.change
            if step.beside is not None:
                changed = {one.objective: one.change for one in step.measured}
                assert changed[step.gain.objective] < 0 < changed[cost.objective]
    assert [one.steps[0].beside for one in rates_of(path)] == [1, 2, 3, 4, None]
    assert [one.steps[1].beside for one in rates_of(path)] == [None, 0, 1, 2, 3]


def test_trained_points(tmp_path):
    run = paretocli.sweep(
        "vlmop2", points=5, epochs=20, threads=1, jobs=1, progress=False, out=tmp_path / "run"
    )
    for row in range(5):
        first = run.results["loss_f1_train"][row]
        found = run.exchange_rates(row).rates["f1"]["f2"]
        assert found == pytest.approx(-exact_slope("vlmop2", first), rel=0.05)


@pytest.mark.parametrize("release", ["0.1.0-vlmop2", "0.2.0-vlmop2"])
def test_released_directories(release):
    run = paretocli.load_run(RELEASED / release)
    for row in range(1, 4):
        first = run.results["loss_f1_train"][row]
        found = run.exchange_rates(run.results.iloc[row]).rates["f1"]["f2"]
        assert found == pytest.approx(-exact_slope("vlmop2", first), rel=0.05)


def test_networks_that_are_not_trained_enough_have_none():
    for rates in rates_of(RELEASED / "0.1.0-multidigits"):
        assert rates.reason == (
            f"No exchange rates at point {rates.point}: its stationarity is 1, above 0.32, so that "
            "its multipliers say nothing."
        )
        assert (rates.rates, rates.factor) == (None, None)
        assert all(step.gain is None and step.costs == () for step in rates.steps)
        assert any(step.measured for step in rates.steps)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"relative_gap": 0.06}, f"relative gap is 0.06, above {LARGEST_GAP:g}"),
        ({"relative_gap": None}, "its certificate is missing (no relative gap)"),
        ({"stationarity": None}, "its certificate is missing (no stationarity)"),
        ({"stationarity": 0.4}, "stationarity is 0.4, above 0.39"),
        ({"stationarity": 0.4, "mean_stationarity": 0.1}, "stationarity is 0.4, above 0.39"),
        ({"multipliers": None}, "the solver chebyshev has no multipliers"),
        ({"multipliers": [None, 1.0]}, "a multiplier is missing"),
        ({"multipliers": [0.0, 1.0]}, "f1 does not bind here, and a rate needs two"),
        ({"epochs": "x"}, "is damaged (epochs is no whole number)"),
    ],
)
def test_none_where_nobody_knows_them(tmp_path, record, words):
    for rates in rates_of(solved(tmp_path / "run", record=record)):
        assert words in rates.reason
        assert rates.reason.endswith(".")
        assert not rates.reason.endswith("..")
        said, measured = str(rates).split("\n\nWhat was measured beside it:\n\n")
        assert said.replace("\n", " ") == rates.reason
        assert measured.count("Measured at point") == len(rates.steps) > 0
        assert all(step.gain is None for step in rates.steps)
        plain = rates.as_plain()
        assert plain["training_losses"] is plain["factor"] is plain["steps"][0]["gain"] is None
        json.dumps(plain, allow_nan=False)


def test_at_the_bounds_there_are_some(tmp_path):
    record = {"relative_gap": LARGEST_GAP, "stationarity": LARGEST_STATIONARITY / 2**0.5}
    found = rates_of(solved(tmp_path / "run", record=record))
    assert not any(rates.reason for rates in found)
    # (1 + 0.389) / (1 − 0.389).
    assert found[MIDDLE].factor == pytest.approx(2.27, abs=0.01)
    assert "a rate may be off by a factor of 2.3" in str(found[MIDDLE])


def test_the_better_of_both_multipliers_counts(tmp_path):
    good = exact_multipliers("vlmop2", WEIGHTS, EPSILON)
    mean = {"mean_multipliers": [0.5, 0.5], "stationarity": 0.3, "mean_stationarity": 0.1}
    path = solved(tmp_path / "run", multipliers=[[0.9, 0.1]] * 5, record=mean)
    found = rates_of(path)[MIDDLE]
    assert found.averaged
    assert found.rates["f1"]["f2"] == pytest.approx(1, rel=1e-3)  # by symmetry
    assert "averaged over epochs" in str(found)
    path = solved(tmp_path / "own", multipliers=good, record=mean | {"stationarity": 0.05})
    found = rates_of(path)[MIDDLE]
    assert not found.averaged
    assert found.rates["f1"]["f2"] == pytest.approx(1, rel=1e-3)
    assert "averaged" not in str(found)


@pytest.mark.parametrize("missing", [None, [None, 1.0], [1.0]])
def test_a_mean_that_is_not_whole_does_not_count(tmp_path, missing):
    record = {"mean_multipliers": missing, "mean_stationarity": 0.0, "stationarity": 0.1}
    assert not any(rates.averaged for rates in rates_of(solved(tmp_path / "run", record=record)))


def test_rough_rates_are_shown_where_what_was_measured_agrees(tmp_path):
    wrong = [[0.02, 0.98]] * 5
    rough = solved(tmp_path / "rough", multipliers=wrong, record={"stationarity": 0.3})
    for rates in rates_of(rough)[1:4]:
        assert "does not agree with its multipliers, by a factor of" in rates.reason
        assert "above 3." in rates.reason
    # A good certificate is believed.
    good = solved(tmp_path / "good", multipliers=wrong, record={"stationarity": 0.1})
    assert not any(rates.reason for rates in rates_of(good))
    # With sparsity none is: points beside have other zero rows.
    names = ["sparsity", "task"]
    losses = exact_points("vlmop2", WEIGHTS, EPSILON)
    sparse = write_solved(tmp_path / "sparse", losses, WEIGHTS, wrong, objectives=names)
    assert "does not agree" in rates_of(sparse)[MIDDLE].reason


def test_rough_rates_that_nothing_confirms(tmp_path):
    path = write_solved(
        tmp_path / "run", [[0.5, 0.5]], [[0.5, 0.5]], [[0.5, 0.5]], record={"stationarity": 0.3}
    )
    (rates,) = rates_of(path)
    assert "no point beside it on the front says whether its multipliers are right" in rates.reason
    assert str(rates).replace("\n", " ") == rates.reason


def test_where_training_and_validation_losses_disagree_rough_rates_are_refused(tmp_path):
    path = solved(tmp_path / "run", record={"stationarity": 0.3})
    frame = pd.read_csv(path / "results.csv")
    frame["loss_f2_train"] = frame["loss_f2_train"].to_numpy()[::-1]
    frame.to_csv(path / "results.csv", index=False)
    for rates in rates_of(path):
        assert "does not agree with its multipliers, not even in sign" in rates.reason


def test_a_directory_that_does_not_say_its_scale(tmp_path):
    path = solved(tmp_path / "run")
    note = json.loads((path / "normalisation.json").read_text())
    del note["scale"]
    (path / "normalisation.json").write_text(json.dumps(note))
    assert "does not say how its objectives were scaled" in rates_of(path)[0].reason


def test_a_table_of_somebody_else(tmp_path):
    path = solved(tmp_path / "run")
    (path / "results.csv").rename(path / "mine.csv")
    assert "is not the table of a run directory" in rates_of(path / "mine.csv")[0].reason
    (path / "mine.csv").rename(tmp_path / "results.csv")
    assert "holds no sweep.json" in rates_of(tmp_path)[0].reason


def test_a_point_that_another_one_beats_has_none(tmp_path):
    losses = exact_points("vlmop2", WEIGHTS, EPSILON)
    losses[MIDDLE] += 0.2
    multipliers = exact_multipliers("vlmop2", WEIGHTS, EPSILON)
    rates = rates_of(write_solved(tmp_path / "run", losses, WEIGHTS, multipliers))
    assert "it is not on the front of the losses on val" in rates[MIDDLE].reason
    assert not rates[0].reason


def test_an_objective_that_does_not_bind(tmp_path):
    losses = [[0.2, 0.5, 0.5], [0.1, 0.6, 0.5], [0.3, 0.4, 0.5]]
    weights = [[1 / 3] * 3] * 3
    path = write_solved(tmp_path / "run", losses, weights, [[0.0, 0.6, 0.4]] * 3)
    for rates in rates_of(path):
        assert rates.unbound == ("f1",)
        assert {a: set(of_a) for a, of_a in rates.rates.items()} == {"f2": {"f3"}, "f3": {"f2"}}
        assert rates.rates["f2"]["f3"] == pytest.approx(1.5, rel=1e-3)
        assert "No rate for f1: the objective does not bind here." in str(rates)
        json.dumps(rates.as_plain(), allow_nan=False)


def test_many_objectives_are_left_to_json(tmp_path):
    losses = np.full((2, 7), 0.5)
    losses[0, 0], losses[1, 1] = 0.4, 0.4
    path = write_solved(tmp_path / "run", losses, [[1 / 7] * 7] * 2, [[1 / 7] * 7] * 2)
    for rates in rates_of(path):
        assert len(rates.as_plain()["steps"]) == 7
        assert "too much to tell for 7 objectives" in str(rates)


def test_a_point_that_is_not_there(tmp_path):
    run = paretocli.load_run(solved(tmp_path / "run"))
    assert run.exchange_rates(4).point == 4
    with pytest.raises(paretocli.InputError, match="has no finished point 5"):
        run.exchange_rates(5)
    with pytest.raises(paretocli.InputError, match="one of train, val, test, found valid"):
        run.exchange_rates(4, on="valid")


def test_what_does_not_change_is_said_so(tmp_path):
    losses = [[0.2, 0.5, 0.5], [0.1, 0.6, 0.5]]
    path = write_solved(tmp_path / "run", losses, [[1 / 3] * 3] * 2, [None] * 2, solver="linear")
    assert "more validation loss f2, the same validation loss f3." in " ".join(
        str(rates_of(path)[0]).split()
    )


def test_a_network_that_was_held_to_a_size_has_none(tmp_path):
    """Its multipliers are those of a network with rows that it lacks."""
    path = solved(tmp_path / "run", metrics={"shrunk_from": [None, 4000, None, None, None]})
    rates = rates_of(path)
    assert "its network was held to a size" in rates[1].reason
    assert [one.beside for one in rates[1].steps] == [2, 0]
    assert not any(one.reason for place, one in enumerate(rates) if place != 1)
