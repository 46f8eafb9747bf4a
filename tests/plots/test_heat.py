"""Heat maps of many columns."""

import numpy as np
import pytest

from paretocli.plots.data import Axis
from paretocli.plots.front_figure import figure_of
from paretocli.plots.heat import size_of
from paretocli.plots.heat_data import blocks_of, cell_text, digits_of, rows_of
from tests.plots.test_figures import picture, spread, words_of


def axis(label, higher=False):
    return Axis("c", label, higher, 0.0, 1.0)


def test_badness_is_that_of_each_column_and_the_best_point_comes_first():
    table = np.array([[4.0, 10.0, 5.0], [2.0, 30.0, 5.0], [3.0, 20.0, 5.0]])
    (block,) = blocks_of(picture(table, higher=(False, True, False)))
    assert block.points == (1, 2, 0)
    assert block.on_front.tolist() == [True, True, False]
    np.testing.assert_array_equal(block.values, table[[1, 2, 0]])
    np.testing.assert_array_equal(
        block.badness, [[0, 0, np.nan], [0.5, 0.5, np.nan], [1, 1, np.nan]]
    )


def test_several_inputs_share_the_scale():
    data = picture(spread(4, 8), names=("one", "two"))
    first, second = blocks_of(data)
    np.testing.assert_array_equal(first.badness, second.badness)
    assert first.badness.min() == 0
    assert first.badness.max() == 1


def test_what_is_common_to_all_rows_is_said_once():
    found = rows_of((axis("Test loss, a"), axis("Test loss, b")))
    assert (found.names, found.common) == (("a", "b"), "Test loss (better ↓)")
    mixed = rows_of((axis("Test R², a", higher=True), axis("Test loss, b")))
    assert (mixed.names, mixed.common) == (("Test R², a ↑", "Test loss, b ↓"), "")
    bare = rows_of((axis("f1"), axis("f2")))
    assert (bare.names, bare.common) == (("f1", "f2"), "(better ↓)")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.500"), (123.4, "123"), (42360.0, "42.4k"), (-0.01234, "-0.0123"), (0.0, "0.00")],
)
def test_values_have_three_digits(value, text):
    assert cell_text(value) == text


def test_values_and_points_are_written_while_there_is_room():
    table = spread(6, 9)
    words = words_of(figure_of(picture(table)))
    assert {cell_text(value) for value in table.ravel()} <= {*words}
    # Every third point is dominated there.
    assert {"(0)", "1", "2", "(3)", "4", "5", "best", "worst"} <= {*words}
    assert sum("in brackets if dominated" in word for word in words) == 1
    crowded = words_of(figure_of(picture(spread(60, 9))))
    assert not any(word.startswith("0.") for word in crowded)
    assert "(0)" in crowded or "1" in crowded
    crowd = words_of(figure_of(picture(spread(300, 9))))
    assert not any(word.strip("()").isdigit() for word in crowd)


@pytest.mark.parametrize(
    ("low", "high", "digits"),
    [(0.1, 0.9, 3), (0.5, 0.51, 4), (0.9712, 0.9713, 6), (1.0, 1.0 + 1e-12, 6), (2.0, 2.0, 3)],
)
def test_digits_tell_values_apart(low, high, digits):
    assert digits_of(Axis("c", "c", False, low, high)) == digits


def test_cells_of_a_narrow_row_differ():
    table = np.linspace(0.9712, 0.9713, 45).reshape(9, 5).T
    words = words_of(figure_of(picture(table)))
    assert len({word for word in words if word.startswith("0.971")}) == 45


def test_rows_in_which_all_are_equal_are_grey():
    table = spread(5, 9)
    table[:, 3] = 0.25
    words = words_of(figure_of(picture(table)))
    assert any("grey where all are equal" in word for word in words)
    assert words.count("0.250") == 5


def test_a_point_alone_and_many_fit_a_page():
    assert any("0.500" in word for word in words_of(figure_of(picture(np.full((1, 14), 0.5)))))
    for count in (1, 30, 31, 3000):
        width, height = size_of(picture(spread(count, 14)))
        assert 7 <= width <= 21
        assert height < 7


def test_inputs_are_named():
    words = words_of(figure_of(picture(spread(5, 9), names=("Chebyshev", "Linear"))))
    assert sum("Chebyshev: 3 of 5 on the front" in word.replace("\n", " ") for word in words) == 1
    assert sum("Linear: 3 of 5 on the front" in word.replace("\n", " ") for word in words) == 1
