"""Weights in a plan."""

import numpy as np
import pytest

from paretocli.cli.weights_text import row_text, weights_text

MANY = [f"t{i}" for i in range(10)]


def test_few_objectives_have_a_column_each():
    assert weights_text(["a", "b"], [[0.2, 0.8]]).splitlines() == [
        "point     w a     w b",
        "    0  0.2000  0.8000",
    ]


def leaning(*places, by=4.0):
    row = np.ones(10)
    row[list(places)] = by
    return row / row.sum()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (np.full(10, 0.1), "0.1000 each"),
        (leaning(3), "t3 0.3077; 0.0769 each of the others"),
        (leaning(3, 5), "t3, t5 0.2500 each; 0.0625 each of the others"),
        (leaning(0, 1, 2, 3), "t0, t1, t2 and 1 more 0.1818 each; 0.0455 each of the others"),
        (leaning(9, by=0.5), "t9 0.0526; 0.1053 each of the others"),
        (
            np.arange(10) / 45,
            "t9 0.2000, t8 0.1778, t7 0.1556; the others 0.0000 to 0.1333",
        ),
    ],
)
def test_of_many_the_largest_are_named(row, words):
    assert row_text(MANY, row.tolist()) == words


def test_many_objectives_fit_a_terminal():
    text = weights_text(MANY, [np.full(10, 0.1).tolist(), leaning(1).tolist()])
    assert text.splitlines() == [
        "point  weights",
        "    0  0.1000 each",
        "    1  t1 0.3077; 0.0769 each of the others",
    ]
