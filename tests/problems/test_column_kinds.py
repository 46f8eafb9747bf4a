"""What columns of labels hold, found or said."""

from pathlib import Path

import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.problems.column_kinds import asked_kinds, found_kind

PATH = Path("t.csv")


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (("yes", "no"), "class"),
        (("True", "False"), "class"),
        (("0", "1"), "class"),
        (("1.0", "2.0", None), "class"),
        (("3", "4", "5", "6", "7", "8"), "class"),
        (("-1", "0", "1"), "class"),
        (tuple(map(str, range(20))), "class"),
        (tuple(map(str, range(21))), "number"),
        (("0.5", "1"), "number"),
        (("a", "1", "b"), "class"),
        (("1", "2", "other"), "number"),  # which is refused: a text among numbers
    ],
)
def test_a_kind_is_found_by_the_column_alone(texts, kind):
    cells = [texts[k % len(texts)] for k in range(60)]
    assert found_kind(pd.Series(cells, dtype=object)) == kind


def test_few_whole_numbers_that_do_not_come_again_are_numbers():
    assert found_kind(pd.Series([str(k) for k in range(15)], dtype=object)) == "number"


def test_names_go_before_patterns_and_long_ones_before_short_ones():
    asked = {"*": "number", "a*": "class", "ab": "count", "c": "class"}
    found = asked_kinds(asked, ["ab", "ac", "b", "c"], PATH)
    assert found == {"ab": "count", "ac": "class", "b": "number", "c": "class"}
    assert asked_kinds({}, ["a"], PATH) == {"a": None}
    assert asked_kinds({"a[1]": "class"}, ["a[1]"], PATH) == {"a[1]": "class"}
    with pytest.raises(InputError, match=r"--task x=class is of no target of t\.csv; .* a, b\."):
        asked_kinds({"x": "class"}, ["a", "b"], PATH)
