"""Points between and around others that were held to sizes: one after the other, and continued."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from paretocli.planning.asked_points import all_rounds, asked_points, first_parts, parts_left
from paretocli.planning.refinement import Request
from paretocli.run_directory.rounds import Round
from tests.planning.in_a_line import in_a_line, with_round

CONFIG = SimpleNamespace(
    **{"warm": "nearest", "sparsity": True, "epochs": 10, "retrain_epochs": 10},
    **{"warm_epochs": 0, "warm_retrain_epochs": 0},
)
BETWEEN = Request(between=(2, 3), points=3)
LIMITS = [{"compact_parameters": size} for size in (1000, 500, 250)]


@pytest.fixture
def sweep(tmp_path):
    """Of four points the last two were held to 2,000 and 125 parameters."""
    held = [None, None, 5000, 4000]
    shares = [0.1, 0.3, 0.5, 0.7]
    made = in_a_line(tmp_path / "run", shares, [9000, 5000, 2000, 125], shrunk_from=held)
    weights = tuple(tuple(made.weights[point]) for point in (2, 3))
    one = Round(1, (2, 3), weights, (1, 1), 1, 1, limits={"compact_parameters": 2000})
    return with_round(made, one)


def records(sweep):
    return [{"point": point, "status": "done"} for point in range(sweep.points)]


def begun(sweep, request, count, *, told=False):
    """The sweep once so many more parts of a request are solved."""
    plan = asked_points(CONFIG, request, begun=parts_left(sweep, request) is not None)
    for left in range(count, 0, -1):
        one = plan(sweep, records(sweep))
        one = replace(one, ended=told and left == 1)
        sweep = with_round(sweep, one, one.limits.get("compact_parameters"))
    return sweep


def test_what_is_shown_before_is_what_is_planned(sweep):
    shown = all_rounds(CONFIG, sweep, records(sweep), BETWEEN)
    assert [one.limits for one in shown] == LIMITS
    assert [one.points for one in shown] == [(4,), (5,), (6,)]
    assert [rows.shape for rows, _ in first_parts(CONFIG, sweep, BETWEEN)] == [(1, 3)] * 3
    grown = begun(sweep, BETWEEN, 3)
    assert [one.weights for one in grown.rounds[1:]] == [one.weights for one in shown]
    assert [one.parents for one in grown.rounds[1:]] == [one.parents for one in shown]


def test_where_weights_lead_all_are_one_round(sweep):
    (one,) = all_rounds(CONFIG, sweep, records(sweep), Request(between=(0, 1), points=3))
    assert (one.points, one.limits) == ((4, 5, 6), {})


def test_the_rest_follows_whatever_else_was_asked_for_meanwhile(sweep):
    assert parts_left(sweep, BETWEEN) is None
    sweep = begun(sweep, BETWEEN, 1)
    assert [limits for _, limits in parts_left(sweep, BETWEEN)] == LIMITS[1:]
    sweep = begun(sweep, Request(weights=((0.2, 0.4, 0.4),)), 1, told=True)
    assert [limits for _, limits in parts_left(sweep, BETWEEN)] == LIMITS[1:]
    assert parts_left(begun(sweep, BETWEEN, 2, told=True), BETWEEN) is None


def test_the_same_words_ask_for_more_once_their_end_was_told(sweep):
    """Around a point lie others the second time, and of those one is left."""
    request = Request(around=2)
    sweep = begun(sweep, request, 2, told=True)
    second = first_parts(CONFIG, sweep, request)
    sweep = begun(sweep, request, 1)
    ((rows, limits),) = parts_left(sweep, request)
    assert rows.tolist() == second[1][0].tolist()
    assert limits == second[1][1]


def test_a_table_that_is_not_there_is_written_by_the_run(sweep):
    (sweep.path / "results.csv").unlink()
    ((rows, limits),) = first_parts(CONFIG, sweep, BETWEEN)
    assert (rows.shape, limits) == ((3, 3), {})
