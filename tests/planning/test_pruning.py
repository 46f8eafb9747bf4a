"""Which dense networks a baseline trains, and what is pruned from them when."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from paretocli.errors import InputError
from paretocli.planning.pruning import Partner, partners_in, pruning
from paretocli.run_directory.rounds import Round

EVEN, UNEVEN = (0.0, 0.5, 0.5), (0.0, 0.25, 0.75)


def partner(point, size, weights=EVEN, epochs=4):
    return Partner(point, weights, size, epochs)


def record(point, weights=(0.2, 0.4, 0.4), size=100, **more):
    known = {"point": point, "status": "done", "weights": list(weights)}
    return {**known, "compact_parameters": size, **more}


class Directory:
    """The baseline's directory, in which all that is planned is solved at once."""

    def __init__(self, partners, *, gradually=False, failing=(), weights=(EVEN,)):
        self.config = SimpleNamespace(epochs=6, pruned_gradually=gradually)
        self.weights, self.rounds, self.failing = [list(row) for row in weights], [], failing
        self.notes = []
        self.further = pruning(self.config, partners, self.notes.append)

    @property
    def points(self):
        return len(self.weights)

    def grown(self):
        while (one := self.next()) is not None:
            self.rounds.append(one)
            self.weights += [list(row) for row in one.weights]
        return self.rounds

    def next(self):
        states = ["failed" if p in self.failing else "done" for p in range(self.points)]
        records = [{"point": p, "status": state} for p, state in enumerate(states)]
        return self.further(self, records)


def test_all_are_pruned_from_the_dense_one_for_the_same_weights():
    partners = [partner(0, 90), partner(1, 50, UNEVEN), partner(2, 30)]
    (one,) = Directory(partners, weights=(EVEN, UNEVEN)).grown()
    assert (one.number, one.points, one.parents) == (1, (2, 3, 4), (0, 1, 0))
    assert (one.pruned_to, one.partners, one.weights) == (
        (90, 50, 30),
        (0, 1, 2),
        (EVEN, UNEVEN, EVEN),
    )
    assert (one.epochs, one.retrain_epochs) == (4, 0)


def test_each_trains_as_long_as_its_partner():
    partners = [partner(0, 90, epochs=9), partner(1, 50), partner(2, 30)]
    rounds = Directory(partners).grown()
    assert [(one.epochs, one.partners) for one in rounds] == [(9, (0,)), (4, (1, 2))]


def test_gradually_each_is_pruned_from_the_next_larger_one():
    partners = [partner(0, 30), partner(1, 90), partner(2, 50), partner(3, 40, UNEVEN)]
    rounds = Directory(partners, gradually=True, weights=(EVEN, UNEVEN)).grown()
    assert [one.partners for one in rounds] == [(1, 3), (2,), (0,)]
    assert [one.parents for one in rounds] == [(0, 1), (2,), (4,)]


def test_a_point_that_came_later_is_pruned_from_the_next_larger_one_too():
    first = Directory([partner(0, 90), partner(1, 30)], gradually=True)
    first.grown()
    first.further = pruning(first.config, [partner(0, 90), partner(1, 30), partner(2, 50)], print)
    assert first.grown()[-1].parents == (1,)


def test_dense_networks_that_are_missing_come_first():
    directory = Directory([partner(0, 90), partner(1, 50, UNEVEN)])
    dense, pruned = directory.grown()
    assert (dense.points, dense.weights, dense.parents) == ((1,), (UNEVEN,), (None,))
    assert (dense.epochs, dense.pruned_to) == (6, ())
    assert pruned.parents == (0, 1)
    assert directory.next() is None


def test_nothing_is_pruned_from_what_failed_and_that_is_said_once():
    partners = [partner(0, 90), partner(1, 50, UNEVEN), partner(2, 30)]
    directory = Directory(partners, failing=(0,), weights=(EVEN, UNEVEN))
    assert [one.partners for one in directory.grown()] == [(1,)]
    assert directory.notes == ["The dense network of point 0 failed, and none is pruned from it."]


# The points of a sparse sweep


def sweep(points, rounds=()):

    def round_of(point):
        return next((one.number for one in rounds if point in one.points), 0)

    def epochs_of(number):
        return rounds[number - 1].total_epochs if number else 10

    return SimpleNamespace(
        path=Path("run"), points=points, rounds=rounds, round_of=round_of, epochs_of=epochs_of
    )


def test_partners_have_the_tasks_weights_sizes_and_epochs():
    warm = Round(1, (1,), ((0.5, 0.125, 0.375),), (0,), 2, 1)
    kept = Round(2, (2,), ((0.5, 0.125, 0.375),), (1,), 0, 0, kept_epochs=(2,), looked_at=(1,))
    records = [record(0), record(1, (0.5, 0.125, 0.375), 60), record(2, (0.5, 0.125, 0.375), 50)]
    found, note = partners_in(sweep(3, (warm, kept)), records)
    assert found == [
        partner(0, 100, epochs=10),
        partner(1, 60, UNEVEN, 3),
        partner(2, 50, UNEVEN, 3),
    ]
    assert note == ""


def layers(*zero_rows):
    return [{"layer": f"l{number}", "zero_rows": rows} for number, rows in enumerate(zero_rows)]


def test_who_has_no_partner_is_counted():
    records = [
        record(0, layers=layers(0, 1)),
        record(1, status="failed"),
        record(2, (1.0, 0.0, 0.0)),
        record(3, size=None, not_compact="there is no graph"),
        record(5, layers=layers(0, 0)),
    ]
    found, note = partners_in(sweep(6), records)
    assert [one.point for one in found] == [0]
    assert note == (
        "Of the points of run, 2 not solved, 1 of unknown size, 1 with no weight for a task and 1 "
        "with no zero row are left out."
    )


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "solve the sweep first"),
        ([record(0, status="failed")], "solve the sweep first"),
        ([record(0, size=None, not_compact="there is no graph.")], "of run: there is no graph.$"),
        ([record(0, size=None)], "the sweep's own command works that out"),
        (
            [record(0, layers=layers(0, 0))],
            "a task has a zero row, so there is no size to prune to",
        ),
    ],
)
def test_without_any_point_there_is_no_baseline(records, words):
    with pytest.raises(InputError, match=words):
        partners_in(sweep(1), records)
