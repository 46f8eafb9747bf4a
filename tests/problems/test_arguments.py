"""Arguments of a function that makes a problem."""

from pathlib import Path
from typing import Literal

import pytest

from paretocli.errors import InputError
from paretocli.problems.arguments import arguments_for


def make(
    data_dir: Path,
    fold: int,
    *,
    rate: float = 0.1,
    wide: bool = False,
    kind: str = "a",
    most: int | None = None,
    form: Literal["long", "short"] = "long",
    free=None,
):
    """Never called."""


def test_arguments_are_as_they_were_given():
    given = {"fold": 1, "rate": 0.5, "wide": True, "kind": "b", "form": "short", "free": "x"}
    assert arguments_for(make, given, "it") == given
    assert arguments_for(make, {"fold": 1, "most": 3}, "it") == {"fold": 1, "most": 3}


def test_a_whole_number_is_a_number():
    found = arguments_for(make, {"fold": 1, "rate": 1}, "it")["rate"]
    assert (found, type(found)) == (1.0, float)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"it needs a value of fold; give it with --set fold=VALUE \(its arguments: fold, rat"),
        ({"fold": 1, "flod": 2}, r"it takes no argument 'flod'; did you mean 'fold' \(its argum"),
        ({"fold": 1, "zz": 2}, "it takes no argument 'zz'; its arguments are fold, rate, wide"),
        ({"fold": 1, "data_dir": "x"}, "--set data_dir is given by --data-dir instead"),
        ({"fold": 1.5}, "The argument fold of it should be a whole number, found 1.5"),
        ({"fold": True}, "should be a whole number, found true"),
        ({"fold": "one"}, 'should be a whole number, found "one"'),
        ({"fold": 1, "rate": "a"}, "rate of it should be a number, found"),
        ({"fold": 1, "wide": 1}, "wide of it should be true or false, found 1"),
        ({"fold": 1, "kind": 3}, r"kind of it should be a text \(in double quotes, .* found 3"),
        ({"fold": 1, "most": "x"}, "most of it should be a whole number, found"),
        ({"fold": 1, "form": "wide"}, "form of it should be one of long, short, found"),
    ],
)
def test_what_the_function_does_not_take(given, message):
    with pytest.raises(InputError, match=message):
        arguments_for(make, given, "it")


def test_a_function_without_arguments():
    with pytest.raises(InputError, match="takes no argument 'fold'; its function has none"):
        arguments_for(lambda: None, {"fold": 1}, "it")


def test_a_function_that_takes_anything():
    assert arguments_for(lambda **rest: None, {"fold": 1}, "it") == {"fold": 1}


def test_types_that_cannot_be_found_out_are_not_checked():
    def unknown(fold: "Unheard"):  # noqa: F821 - as in a file with a mistake
        """Never called."""

    assert arguments_for(unknown, {"fold": "x"}, "it") == {"fold": "x"}
