import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocli.errors import InputError
from paretocli.front.complete import LeftOut, complete_rows, finite_rows
from paretocli.front.results import Results, read_results

HEADER = "point,status,weight_a,weight_b,loss_a_val,loss_b_val,size\n"
ROWS = """3,done,0,1,1,2,10
4,done,0.1,0.9,inf,0.5,20
5,failed,0.2,0.8,,,
6,done,0.3,0.7,2,-inf,30
7,done,0.4,0.6,,1,40
8,done,0.5,0.5,1.5,1.5,
"""


@pytest.fixture
def results(tmp_path):
    (tmp_path / "t.csv").write_text(HEADER + ROWS)
    return read_results(tmp_path / "t.csv")


def test_points_without_a_finite_number_are_left_out_and_named(results):
    mask, left_out = complete_rows(results, ["loss_a_val", "loss_b_val", "weight_a"])
    assert mask.tolist() == [True, False, False, False, True]
    assert left_out == LeftOut((4, 6, 7), ("loss_a_val", "loss_b_val"))
    assert str(left_out) == (
        "left out 3 with an empty or infinite loss_a_val or loss_b_val (points 4, 6, 7)"
    )


def test_one_point(results):
    mask, left_out = complete_rows(results, ["size"])
    assert mask.tolist() == [True, True, True, True, False]
    assert str(left_out) == "left out 1 with an empty or infinite size (point 8)"


def test_rows_that_do_not_count_are_not_spoken_of(results):
    mask, left_out = complete_rows(results, ["loss_a_val"], [0, 1])
    assert mask.tolist() == [True, False, False, False, False]
    assert left_out.points == (4,)


def test_long_lists_are_shortened():
    text = str(LeftOut(tuple(range(30)), tuple("abcdef")))
    assert text.endswith(
        "a or b or c or d or another figure (points 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …)"
    )


def test_nothing_left_is_refused_where_something_is_needed(results):
    with pytest.raises(InputError, match="finite number in each of the columns loss_a_val;"):
        complete_rows(results, ["loss_a_val"], [1, 3])
    mask, left_out = finite_rows(results, ["loss_a_val"], [1, 3])
    assert not mask.any()
    assert left_out.points == (4, 7)


NUMBERS = st.sampled_from([1.0, -2.5, 0.0, math.inf, -math.inf, math.nan])


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_it_is_what_numpy_calls_finite(rows):
    frame = pd.DataFrame(rows, columns=["a", "b"])
    mask, left_out = finite_rows(Results(Path("t.csv"), "t", frame, frame[:0], ()), ["a", "b"])
    expected = np.isfinite(rows).all(axis=1)
    assert mask.tolist() == expected.tolist()
    assert left_out.points == tuple(np.flatnonzero(~expected))
