import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from paretocli.front.dominance import non_dominated
from paretocli.plots.staircase import staircase

POINTS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 10), st.just(2)),
    elements=st.integers(0, 9).map(float),
)


def test_minimised_steps_turn_on_the_worse_side():
    front = np.array([[2.0, 1.0], [1.0, 3.0]])
    corners = staircase(front, (False, False), (5.0, 6.0))
    assert corners.tolist() == [[1, 6], [1, 3], [2, 3], [2, 1], [5, 1]]


def test_maximised_steps_turn_on_the_worse_side():
    front = np.array([[2.0, 1.0], [1.0, 3.0]])
    corners = staircase(front, (True, True), (0.0, 0.0))
    assert corners.tolist() == [[2, 0], [2, 1], [1, 1], [1, 3], [0, 3]]


def test_one_point_makes_one_corner():
    corners = staircase(np.array([[1.0, 2.0]]), (False, True), (4.0, 0.0))
    assert corners.tolist() == [[1, 0], [1, 2], [4, 2]]


@pytest.mark.parametrize("higher", list(itertools.product([False, True], repeat=2)))
@given(points=POINTS)
def test_steps_bound_what_the_front_attains(higher, points):
    signs = np.where(higher, -1.0, 1.0)
    front = points[non_dominated(points, maximise=higher)]
    worst = tuple(np.where(higher, -1.0, 10.0))
    corners = staircase(front, higher, worst)
    assert len(corners) == 2 * len(np.unique(front, axis=0)) + 1
    steps = np.diff(corners, axis=0)
    assert ((steps == 0).sum(axis=1) >= 1).all(), "each step is level or upright"
    # The middle of any step is attained, and a hair on its better side is not.
    for middle in (corners[1:] + corners[:-1]) / 2:
        costs, place = front * signs, middle * signs
        assert (costs <= place).all(axis=1).any()
        assert not (costs <= place - 1e-6).all(axis=1).any()
