"""Which kept epochs become points."""

from types import SimpleNamespace

import numpy as np
import pytest

from paretocli.planning.kept import APART, kept_epochs, unbeaten

REACHED = np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])


def test_those_that_no_point_and_no_other_candidate_beats():
    candidates = np.array([[0.2, 0.9], [0.6, 0.6], [0.2, 0.7], [0.7, 0.2]])
    assert unbeaten(candidates, REACHED) == [2, 3]


def test_what_lies_next_to_a_point_says_nothing_new():
    near = APART / 2
    candidates = np.array([[0.5 - near, 0.5 + near / 4], [0.5 - 3 * near, 0.5 + near / 4]])
    assert unbeaten(candidates, REACHED) == [1]
    # Of two next to each other the one that is farther from all points.
    pair = np.array([[0.25, 0.7], [0.25 + near / 2, 0.7 - near / 2]])
    assert unbeaten(pair, REACHED) == [0]


def test_units_do_not_matter():
    candidates = np.array([[0.2, 0.7], [0.7, 0.2], [0.499, 0.5005]])
    units = np.array([1e-4, 3e5])
    assert unbeaten(candidates * units, REACHED * units) == unbeaten(candidates, REACHED) == [0, 1]


def test_an_equal_one_is_no_further_point():
    assert unbeaten(REACHED[:2], REACHED) == []


def test_points_without_a_number_beat_nobody():
    reached = np.array([[np.nan, 0.0], [0.5, 0.5]])
    assert unbeaten(np.array([[0.6, 0.1], [0.7, 0.7]]), reached) == [0]


def test_three_objectives_may_add_without_end():
    candidates = np.array([[0.2, 0.2, 0.9], [0.9, 0.2, 0.2], [0.9, 0.9, 0.9]])
    assert unbeaten(candidates, np.array([[0.5, 0.5, 0.5]])) == [0, 1]


def record(point, loss, kept=(), **more):
    known = {"point": point, "status": "done", "weights": [0.5, 0.5], "epochs": 9, "seconds": 1.0}
    epochs = [{"epoch": e, "loss": {"a": a, "b": b}, "sha256": ""} for e, a, b in kept]
    losses = {"loss": {"val": dict(zip("ab", loss, strict=True))}}
    return {**known, **losses, **({"kept": epochs} if kept else {}), **more}


def planned(records, rounds=()):
    notes = []
    sweep = SimpleNamespace(rounds=rounds, points=len(records))
    config = SimpleNamespace(keep="front", objectives=("a", "b"))
    return kept_epochs(config, notes.append)(sweep, records), notes


def test_a_round_says_whose_epochs_its_points_are():
    first = record(0, (0.0, 1.0), [(3, 0.2, 0.7), (5, 0.1, 2.0)])
    one, notes = planned([first, record(1, (1.0, 0.0), [(4, 0.6, 0.3)])])
    assert (one.number, one.points, one.parents, one.kept_epochs) == (1, (2, 3), (0, 1), (3, 4))
    assert (one.looked_at, one.total_epochs) == ((0, 1), 0)
    assert one.epoch_at(3) == (1, 4)
    words = (
        "3 epochs were kept beside the best ones, and 2 that add to the front are points 2 to 3."
    )
    assert notes == [words]


def test_epochs_are_looked_at_once():
    records = [record(0, (0.0, 1.0), [(3, 0.2, 0.7)]), record(1, (1.0, 0.0), [(4, 0.6, 0.3)])]
    one, notes = planned(records, [SimpleNamespace(looked_at=(0,))])
    assert (one.parents, one.looked_at) == ((1,), (1,))
    assert notes == [
        "1 epoch was kept beside the best ones, and one that adds to the front is point 2."
    ]
    assert planned(records, [SimpleNamespace(looked_at=(0, 1))]) == (None, [])


def test_failed_points_and_missing_losses_are_no_rivals():
    failed = {"point": 1, "status": "failed", "weights": [0.5, 0.5], "epochs": 9, "seconds": 1.0}
    one, _ = planned([record(0, (None, 1.0), [(3, 0.2, 0.7)]), failed])
    assert one.kept_epochs == (3,)


@pytest.mark.parametrize("keep", ["best", "front"])
def test_nothing_is_planned_where_none_are_kept(keep):
    config = SimpleNamespace(keep=keep, objectives=("a", "b"))
    plan = kept_epochs(config, print)
    sweep = SimpleNamespace(rounds=(), points=1)
    assert plan is None or plan(sweep, [record(0, (0.0, 1.0))]) is None
