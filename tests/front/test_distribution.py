"""Span and spread of a front."""

import math
import time

import numpy as np
import pytest
from scipy.spatial.distance import directed_hausdorff

from paretocli.front.distribution import fill_distance, span, spread

LINE = np.array([[0.0, 1.0], [0.25, 0.75], [0.5, 0.5], [0.75, 0.25], [1.0, 0.0]])


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        (LINE, 1.0),
        (LINE[:3], 0.5),
        (LINE[2:3], 0.0),
        # A quarter of one range and a half of the other.
        ([[0.25, 0.75], [0.5, 0.25]], 0.375),
        # What lies beyond the reference set's ends counts for nothing.
        ([[0.5, 3.0], [5.0, 0.5]], 0.5),
        ([[2.0, 3.0], [3.0, 2.0]], 0.0),
    ],
)
def test_span_by_hand(front, expected):
    assert span(np.array(front, dtype=float), LINE) == pytest.approx(expected)


def test_an_objective_without_a_range_is_left_out():
    flat = np.array([[0.0, 1.0], [1.0, 1.0]])
    assert span(np.array([[0.0, 1.0], [0.5, 1.0]]), flat) == pytest.approx(0.5)
    assert span(LINE, flat[:1]) == 0.0


def test_even_gaps_have_no_spread():
    assert spread(LINE) == pytest.approx(0.0)
    assert spread(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])) == pytest.approx(0)


def test_spread_by_hand():
    # Gaps of 1, 1 and 4 (times √2): their mean is 2, and they differ from it by 1, 1 and 2.
    places = np.array([0.0, 1.0, 2.0, 6.0])
    front = np.column_stack([places, -places])
    assert spread(front) == pytest.approx((1 + 1 + 2) / (3 * 2))


def test_two_heaps_come_close_to_2():
    """Distances to the nearest neighbour would be all alike."""
    near = np.linspace(0.0, 1e-6, 20)
    places = np.concatenate([near, 1 - near])
    # One gap of 39 is as long as all together: 2 · 38 / 39.
    assert spread(np.column_stack([places, -places])) == pytest.approx(76 / 39, abs=1e-4)


def test_for_two_objectives_the_gaps_are_those_along_the_front():
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.random(30)), -np.sort(rng.random(30))
    gaps = np.hypot(np.diff(x), np.diff(y))
    expected = np.abs(gaps - gaps.mean()).sum() / (len(gaps) * gaps.mean())
    assert spread(rng.permutation(np.column_stack([x, y]))) == pytest.approx(expected)


def test_equal_points_are_one():
    assert spread(np.vstack([LINE, LINE[:2]])) == pytest.approx(0.0)


@pytest.mark.parametrize("count", [1, 2])
def test_one_gap_differs_from_nothing(count):
    assert math.isnan(spread(LINE[:count]))
    assert math.isnan(spread(np.vstack([LINE[:count]] * 2)))


def quarter(angles):
    return np.column_stack([np.cos(angles), np.sin(angles)])


@pytest.mark.parametrize("gaps", [1, 2, 7])
def test_the_holes_of_an_even_line(gaps):
    whole = np.linspace(0, 1, 7001)
    places = np.linspace(0, 1, gaps + 1)
    found = fill_distance(
        np.column_stack([places, 1 - places]), np.column_stack([whole, 1 - whole])
    )
    assert found == pytest.approx(math.sqrt(2) / (2 * gaps), rel=1e-3)


@pytest.mark.parametrize("gaps", [1, 3, 10])
def test_the_holes_of_an_even_quarter_circle(gaps):
    whole = quarter(np.linspace(0, np.pi / 2, 60 * gaps * 2 + 1))
    # The chord of half a gap, whose angle is π / (4 gaps).
    chord = 2 * math.sin(math.pi / (8 * gaps))
    assert fill_distance(quarter(np.linspace(0, np.pi / 2, gaps + 1)), whole) == pytest.approx(
        chord
    )


def test_a_missing_end_is_a_hole():
    whole = quarter(np.linspace(0, np.pi / 2, 181))
    some = quarter(np.radians([0, 10, 20, 30]))
    assert fill_distance(some, whole) == pytest.approx(2 * math.sin(math.radians(30)))
    # One point more closes it.
    more = np.vstack([some, quarter(np.radians([80]))])
    assert fill_distance(more, whole) == pytest.approx(2 * math.sin(math.radians(12.5)), rel=1e-3)


def test_a_gap_in_the_true_front_is_no_hole():
    left, right = np.linspace(0, 0.2, 21), np.linspace(0.8, 1, 21)
    whole = np.concatenate([left, right])
    whole = np.column_stack([whole, 1 - whole])
    ends = np.array([[0.1, 0.9], [0.9, 0.1]])
    assert fill_distance(ends, whole) == pytest.approx(0.1 * math.sqrt(2))
    # A part without a point: as far as from the other part's nearest point to its end.
    assert fill_distance(ends[:1], whole) == pytest.approx(0.9 * math.sqrt(2))


def test_points_that_attain_all_leave_nothing_and_none_is_no_number():
    assert fill_distance(LINE, LINE) == 0
    assert math.isnan(fill_distance(LINE[:0], LINE))
    assert math.isnan(fill_distance(LINE, LINE[:0]))


@pytest.mark.parametrize("objectives", [2, 5])
def test_many_points_take_no_time(objectives):
    rng = np.random.default_rng(0)
    front, whole = rng.random((700, objectives)), rng.random((10_000, objectives))
    before = time.process_time()
    found = fill_distance(front, whole)
    assert time.process_time() - before < 1
    some = max(np.linalg.norm(front - one, axis=1).min() for one in whole[::7])
    assert found >= some
    assert found == pytest.approx(directed_hausdorff(whole, front)[0])
