"""What stands in texts of the form NAME=VALUE."""

import pytest

from paretocli.errors import InputError
from paretocli.options.assignments import as_texts, over, settings_in

VALUES = {
    "1": 1,
    "-3": -3,
    "0": 0,
    "0.5": 0.5,
    ".5": 0.5,
    "1.": 1.0,
    "1e-3": 0.001,
    "-0.0": -0.0,
    "true": True,
    "False": False,
    "abc": "abc",
    "a=b": "a=b",
    "": "",
    # What only looks like a number
    "007": "007",
    "1_000": "1_000",
    "nan": "nan",
    "inf": "inf",
    "0x1F": "0x1F",
    '"1"': "1",
    '"true"': "true",
    '"a': '"a',
    '"': '"',
    '"\\q"': '"\\q"',
}


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_a_value_is_what_it_looks_like(text, value):
    found = settings_in([f"name={text}"])["name"]
    assert found == value
    assert type(found) is type(value)


def test_names_are_sorted_so_that_their_order_makes_no_other_sweep():
    assert list(settings_in(["width=2", " fold = 1"])) == ["fold", "width"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["fold"], "--set fold should be NAME=VALUE, as in --set fold=1"),
        (["=1"], "--set =1 should be NAME=VALUE"),
        (["fold=1", "fold=2"], "--set gives fold twice; give it once"),
    ],
)
def test_what_is_no_assignment(texts, message):
    with pytest.raises(InputError, match=message):
        settings_in(texts)


@pytest.mark.parametrize(
    "values", [{"a": 1, "b": "1", "c": True, "d": "true", "e": 1e-7, "f": 'ä\n"', "g": ""}]
)
def test_a_table_and_its_texts_mean_the_same(values):
    assert settings_in(as_texts(values, "It")) == values


def test_what_is_on_top_takes_the_place_of_names_below():
    assert over(["a=1"], ["a =2", "b=3"]) == ["b=3", "a=1"]
