"""Span and spread of a front."""

import math

import numpy as np
import pytest

from paretocli.front.distribution import span, spread

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
