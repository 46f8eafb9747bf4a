import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from paretocli.front.dominance import dominance_ranks, non_dominated

TABLES = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12).filter(lambda s: s[1] <= 5),
    # Few values, so that ties and duplicates are common.
    elements=st.integers(-3, 3).map(float),
)


def brute_force(values: np.ndarray) -> np.ndarray:
    return np.array(
        [not any((q <= p).all() and (q < p).any() for q in values) for p in values], dtype=bool
    )


@given(TABLES)
def test_agrees_with_the_definition(values):
    assert (non_dominated(values) == brute_force(values)).all()


@given(TABLES, st.randoms(use_true_random=False))
def test_order_of_the_points_does_not_matter(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    assert (non_dominated(values[order]) == non_dominated(values)[order]).all()


@given(TABLES, st.data())
def test_a_dominated_point_more_changes_nothing(values, data):
    worse = values[data.draw(st.integers(0, len(values) - 1))] + 1.0
    mask = non_dominated(np.vstack([values, worse]))
    assert not mask[-1]
    assert (mask[:-1] == non_dominated(values)).all()


@given(TABLES, st.data())
def test_maximising_is_minimising_the_negative(values, data):
    m = values.shape[1]
    higher = data.draw(st.lists(st.booleans(), min_size=m, max_size=m))
    signs = np.where(higher, -1.0, 1.0)
    assert (non_dominated(values, maximise=higher) == brute_force(values * signs)).all()


def test_equal_points_stay_together():
    values = [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    assert non_dominated(values).tolist() == [True, True, True, False, False]


def test_both_zeros_are_equal():
    assert non_dominated([[0.0, 1.0], [-0.0, 1.0]]).tolist() == [True, True]


def test_a_row_with_nan_is_never_on_the_front_and_beats_nobody():
    values = [[np.nan, -9.0], [1.0, 2.0], [2.0, 1.0], [2.0, np.nan]]
    assert non_dominated(values).tolist() == [False, True, True, False]


def test_nothing_but_nan_and_nothing_at_all():
    assert non_dominated([[np.nan, np.nan]]).tolist() == [False]
    assert non_dominated(np.empty((0, 2))).tolist() == []


def test_one_direction_for_all_columns():
    assert non_dominated([[1.0, 1.0], [2.0, 2.0]], maximise=True).tolist() == [False, True]


def test_a_list_of_numbers_is_refused():
    with pytest.raises(ValueError, match=r"shape \(N, m\)"):
        non_dominated([1.0, 2.0])


def test_directions_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="each of the 2 columns"):
        non_dominated([[1.0, 2.0]], maximise=[True])


@given(TABLES)
def test_ranks_agree_with_the_definition(values):
    # The longest chain of points, each beaten by the next, that ends at one.
    beats = [[(q <= p).all() and (q < p).any() for q in values] for p in values]

    def rank(point):
        return 1 + max((rank(i) for i, better in enumerate(beats[point]) if better), default=0)

    assert dominance_ranks(values).tolist() == [rank(point) for point in range(len(values))]


def test_ranks_go_by_directions_and_leave_out_what_has_no_number():
    table = [[1.0, 1.0], [2.0, 2.0], [np.nan, 5.0], [2.0, 1.0], [2.0, 2.0]]
    assert dominance_ranks(table, maximise=True).tolist() == [3, 1, 0, 2, 1]
    assert dominance_ranks(np.empty((0, 2))).tolist() == []
