"""Centres that cover places."""

import numpy as np

from paretocli.planning.cover import cover, divided, nearest

LINE = np.linspace(0, 1, 1001)[:, None]


def test_a_line_is_divided_evenly():
    ends = np.array([[0.0], [1.0]])
    centres = LINE[cover(LINE, ends, 3, 0.0)]
    np.testing.assert_allclose(np.sort(centres[:, 0]), [0.25, 0.5, 0.75], atol=0.01)


def test_no_more_than_it_takes():
    ends = np.array([[0.0], [1.0]])
    assert len(cover(LINE, ends, 9, 0.3)) == 1
    assert cover(LINE, LINE, 9, 0.0) == []
    assert cover(LINE[:0], ends, 9, 0.0) == []


def test_a_square_is_covered_better_than_by_the_farthest_places_alone():
    side = np.linspace(0, 1, 30)
    square = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    fixed = square[[0]]
    radius = nearest(square, np.vstack([fixed, square[cover(square, fixed, 8, 0.0)]])).max()
    farthest = fixed
    for _ in range(8):
        farthest = np.vstack([farthest, square[nearest(square, farthest).argmax()]])
    assert radius < 0.8 * nearest(square, farthest).max()


def test_many_places_are_covered_too():
    places = np.random.default_rng(0).random((5000, 2))
    centres = places[cover(places, places[:1], 8, 0.0)]
    assert nearest(places, np.vstack([places[:1], centres])).max() < 0.35


def test_points_go_to_the_longest_parts():
    lengths = np.array([1.0, 0.3, 2.0])
    np.testing.assert_array_equal(divided(lengths, 1), [0, 0, 1])
    np.testing.assert_array_equal(divided(lengths, 5), [2, 0, 3])
    np.testing.assert_array_equal(divided(lengths[:0], 5), [])


def test_no_division_is_better():
    lengths = np.array([0.7, 0.45, 1.3])
    longest = (lengths / (divided(lengths, 6) + 1)).max()
    for first in range(7):
        for second in range(7 - first):
            parts = lengths / (np.array([first, second, 6 - first - second]) + 1)
            assert parts.max() >= longest
