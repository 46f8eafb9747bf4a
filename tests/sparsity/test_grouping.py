import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretocli.errors import InputError
from paretocli.sparsity.grouping import described, grouping_of, row_text, rows_in, slots_in

ROWS = {"one": 8, "two": 8, "three": 4}


def pairs(*rows):
    return [tuple((name, row) for name in ("one", "two")) for row in rows]


def test_groups_of_the_same_make_are_a_block():
    groups = [*pairs(0, 1, 2, 3), *((("one", r), ("three", r - 4)) for r in (4, 5, 6, 7))]
    found = grouping_of(groups, ROWS)
    assert found == ((("one", "0:4"), ("two", "0:4")), (("one", "4:8"), ("three", "0:4")))
    assert described(found) == ["4 of one, two", "4 of one, three"]


def test_several_rows_of_a_layer_in_a_group_are_slots_of_their_own():
    groups = [(("two", 2 * c + 1), ("three", c), ("two", 2 * c)) for c in range(4)]
    found = grouping_of(groups, ROWS)
    assert found == ((("two", "0:7:2"), ("two", "1:8:2"), ("three", "0:4")),)
    assert described(found) == ["4 of two (2 rows each), three"]


@pytest.mark.parametrize(
    "groups",
    [
        [(("one", 0), ("one", 1)), (("one", 2), ("one", 3))],  # nobody else reads them
        [(*(("one", row) for row in range(5)), ("two", 0))],  # most of a layer
        pairs(3),  # a block of one row never becomes zero
        [],
    ],
)
def test_rows_that_stay_alone(groups):
    assert grouping_of(groups, ROWS) == ()


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20, unique=True))
def test_text_of_rows(rows):
    assert rows_in(row_text(rows)) == rows


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([3], "3"),
        (range(64), "0:64"),
        (range(1, 33, 4), "1:30:4"),
        ([4, 3, 2], "4,3,2"),
        ([0, 1, 2, 8, 9], "0:3,8:10"),
    ],
)
def test_text_is_short(rows, text):
    assert row_text(list(rows)) == text


@pytest.mark.parametrize(
    ("grouping", "why"),
    [
        (((("one", "0:4"), ("none", "0:4")),), "names rows that no layer has"),
        (((("one", "0:4"), ("three", "2:6")),), "names rows that no layer has"),
        (((("one", "0:4"), ("two", "-1:3")),), "names rows that no layer has"),
        (((("one", "0:4"), ("two", "0:3")),), "slots of different lengths"),
        (((("one", "0:4"), ("one", "3:7")),), "a row twice"),
        (((("one", "0:4"), ("two", "0:4")), (("one", "3"), ("two", "5"))), "a row twice"),
        (((("one", "0:4"), ("two", "some")),), "not of the form"),
        (((("one", "0:4"), ("two", "0:4:0")),), "not of the form"),
        (((("one", "0:4"), ("two", "")),), "not of the form"),
        ((("one", "two"),), "not of the form"),
        (7, "not of the form"),
        ((7,), "not of the form"),
        ((((1, 2), (3, 4)),), "not of the form"),
        (((),), "slots of different lengths"),
        (((("one", "0:99999999999999999"), ("two", "0:4")),), "not of the form"),
    ],
)
def test_what_a_directory_should_not_hold(grouping, why):
    with pytest.raises(InputError, match=why):
        list(slots_in(grouping, ROWS))
