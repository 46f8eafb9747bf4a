"""What a step costs at a point: against known fronts, and where nobody knows it."""

import json
from pathlib import Path

import numpy as np
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
            f"No exchange rates at point {rates.point}: its stationarity is 1, above "
            f"{LARGEST_STATIONARITY:g}, so that its multipliers say nothing."
        )
        assert (rates.rates, rates.steps) == (None, ())


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"relative_gap": 0.06}, f"relative gap is 0.06, above {LARGEST_GAP:g}"),
        ({"relative_gap": None}, "its certificate is missing (no relative gap)"),
        ({"stationarity": None}, "its certificate is missing (no stationarity)"),
        ({"stationarity": 0.3}, "stationarity is 0.3, above"),
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
        assert str(rates).replace("\n", " ") == rates.reason
        assert rates.as_plain()["training_losses"] is None


def test_at_the_bounds_there_are_some(tmp_path):
    record = {"relative_gap": LARGEST_GAP, "stationarity": LARGEST_STATIONARITY}
    assert not any(rates.reason for rates in rates_of(solved(tmp_path / "run", record=record)))


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
