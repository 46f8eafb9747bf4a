"""Sentences on many columns."""

from paretocli.problems.label_notes import label_notes

SAID = "2 classes, in this order: 0, 1"


def test_the_same_of_many_is_said_once():
    words = [(f"c{i}", f"c{i}: {SAID}") for i in range(12)]
    words.insert(3, ("price", "price: a number, from 0 to 1"))
    assert label_notes(words) == [
        f"c0, c1, c2, c3, c4, c5, c6, c7 and 4 more, each: {SAID}.",
        "price: a number, from 0 to 1.",
    ]


def test_of_few_each_is_told_by_itself():
    words = [(f"c{i}", f"c{i}: {SAID}") for i in range(4)]
    assert label_notes(words) == [f"c{i}: {SAID}." for i in range(4)]


def test_words_that_do_not_begin_with_the_name_stay():
    words = [(f"c{i}", "Rates of few rows are mostly chance") for i in range(6)]
    assert label_notes(words) == ["Rates of few rows are mostly chance."] * 6
