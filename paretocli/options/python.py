"""Options as Python gives them: tuples, arrays, paths and dictionaries beside what TOML knows."""

import numbers
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.option import Option
from paretocli.options.declared import declared
from paretocli.options.given import Options, as_flags_give


def from_python(options: Mapping[str, Any], *, single: bool) -> Options:
    """Arguments of a call in the form that flags give, with what the environment says besides.

    Args:
        options: By name; None means not given.
        single: Whether they are for one point.

    Raises:
        InputError: A name is unknown, or a value has the wrong type.
    """
    known = declared(single=single)
    plain = {name: _plain(value) for name, value in options.items() if value is not None}
    found = as_flags_give(plain, known, "There is no argument", lambda name: f"The argument {name}")
    of_environment = {
        name: _of_environment(one)
        for name, one in known.items()
        if one.variable and os.environ.get(one.variable) and name not in found
    }
    return {**of_environment, **found}


def _plain(value: Any) -> Any:
    """A value as TOML would give it, where there is such a form."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if hasattr(value, "tolist"):  # numpy and torch
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, numbers.Real) and not isinstance(value, int | float):
        return float(value)
    return value


def _of_environment(option: Option) -> Any:
    """What an environment variable says of an option.

    Raises:
        InputError: It is none of its type.
    """
    assert option.variable is not None
    text = os.environ[option.variable]
    try:
        return option.given(text)
    except ValueError:
        raise InputError(
            f"The environment variable {option.variable} should be a whole number, found {text!r}."
        ) from None
