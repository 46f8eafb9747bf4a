import time

import moocore
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from paretocli.front.indicators import MOST_EXACT, hypervolume, is_exact, reach, share_of_box

TABLES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 4)),
    elements=st.integers(0, 5).map(float),
)


def count_cells(values: np.ndarray, side: int) -> int:
    """Count the unit cells of a grid up to (side, …, side) that some point dominates."""
    m = values.shape[1]
    corners = np.stack(np.meshgrid(*[np.arange(side)] * m), axis=-1).reshape(-1, m)
    return int((values[None] <= corners[:, None]).all(axis=2).any(axis=1).sum())


@given(TABLES)
def test_agrees_with_counting_cells(values):
    assert hypervolume(values, [4.0] * values.shape[1]) == pytest.approx(count_cells(values, 4))


@given(TABLES, st.randoms(use_true_random=False))
def test_order_and_dominated_points_do_not_matter(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    more = np.vstack([values[order], values[0] + 1.0, values[0]])
    reference = [6.0] * values.shape[1]
    assert hypervolume(more, reference) == pytest.approx(hypervolume(values, reference))


def test_three_steps_by_hand():
    # 3 × 1 + 2 × 1 + 1 × 1: a stair of three steps below (3, 3)
    points = [[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]]
    assert hypervolume(points, [3.0, 3.0]) == pytest.approx(6.0)


def test_a_point_beyond_the_reference_adds_nothing():
    assert hypervolume([[0.5, 0.5], [-9.0, 1.0]], [1.0, 1.0]) == pytest.approx(0.25)
    assert hypervolume([[2.0, 2.0]], [1.0, 1.0]) == 0.0
    assert hypervolume(np.empty((0, 2)), [1.0, 1.0]) == 0.0


def test_the_reference_point_is_required():
    with pytest.raises(TypeError):
        hypervolume([[0.0, 0.0]])  # type: ignore[call-arg]  # this is what is tested


@pytest.mark.parametrize(
    ("values", "reference"),
    [
        ([[0.0, 0.0]], [1.0]),
        ([[0.0, 0.0]], 1.0),
        ([0.0, 0.0], [1.0, 1.0]),
        ([[0.0, np.nan]], [1.0, 1.0]),
        ([[0.0, 0.0]], [1.0, np.inf]),
    ],
)
def test_what_does_not_fit_is_refused(values, reference):
    with pytest.raises(ValueError, match="should"):
        hypervolume(values, reference)


@pytest.mark.parametrize("count", [9, 12])
def test_with_many_objectives_it_is_approximated_well(count):
    # One point: the volume of a box.
    point = np.linspace(0.1, 0.5, count)
    exact = float(np.prod(1 - point))
    assert hypervolume([point], np.ones(count)) == pytest.approx(exact, rel=0.02)
    # The same each time, and more points only add.
    rng = np.random.default_rng(0)
    values = rng.random((15, count))
    first = hypervolume(values, np.full(count, 1.1))
    assert hypervolume(values, np.full(count, 1.1)) == first
    assert hypervolume(values[:8], np.full(count, 1.1)) < first


def test_up_to_eight_objectives_it_is_exact():
    point = np.linspace(0.1, 0.5, 8)
    assert hypervolume([point], np.ones(8)) == pytest.approx(float(np.prod(1 - point)), rel=1e-12)


def concave_front(points, objectives):
    values = np.abs(np.random.default_rng(0).standard_normal((points, objectives)))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


@pytest.mark.parametrize("objectives", [7, 8])
def test_many_points_of_many_objectives_are_approximated_well(objectives):
    """Exact figures of 200 points in 8 objectives take seconds."""
    most = MOST_EXACT[objectives]
    values, reference = concave_front(most + 5, objectives), np.full(objectives, 1.1)
    assert is_exact(most, objectives)
    assert not is_exact(len(values), objectives)
    exact = moocore.hypervolume(values, ref=reference)
    assert hypervolume(values, reference, exact=True) == exact
    assert hypervolume(values, reference) == pytest.approx(exact, rel=0.01)
    assert hypervolume(values, reference) != exact
    assert hypervolume(values[:most], reference) == moocore.hypervolume(
        values[:most], ref=reference
    )


def test_the_time_of_a_hypervolume_is_bounded():
    """Any number of points is within reach after every epoch."""
    for objectives in (4, 8):
        for points in (200, 1600):
            before = time.process_time()
            hypervolume(concave_front(points, objectives), np.full(objectives, 1.1))
            assert time.process_time() - before < 0.5


def test_rows_that_are_not_finite_are_left_out():
    rows = [[0.5, 0.5], [np.inf, 0.1], [0.1, -np.inf], [np.nan, 0.0]]
    assert share_of_box(rows, [0, 0], [1, 1]) == pytest.approx(0.25)
    assert reach(rows, [1, 1])
    assert not reach(rows[1:], [1, 1])
    assert not reach([[0.5, 1.0]], [1, 1])
