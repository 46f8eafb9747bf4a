"""Options of the form NAME=VALUE that can be repeated; in files and in Python, tables of them."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from paretocli.errors import InputError

Value = str | bool | int | float

# 007 is no number, but a name.
_WHOLE = re.compile(r"[-+]?(0|[1-9]\d*)")
_NUMBER = re.compile(r"[-+]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_TRUTHS = {"true": True, "false": False}


def as_texts(values: Mapping[str, Any], called: str) -> list[str]:
    """A table as flags would give it: a text NAME=VALUE for each entry.

    Args:
        values: By name.
        called: What the table is called, at the start of a sentence.

    Raises:
        InputError: A name is none, or a value is neither text, number nor truth value.
    """
    for name, value in values.items():
        if not isinstance(name, str) or not name or "=" in name:
            raise InputError(f"{called} should have names for its entries, found {name!r}.")
        if not isinstance(value, Value) or (isinstance(value, float) and not math.isfinite(value)):
            raise InputError(
                f"{called} should hold texts, finite numbers, true or false; {name} is {value!r}, "
                f"of type {type(value).__name__}."
            )
    return [f"{name}={json.dumps(value)}" for name, value in values.items()]


def settings_in(given: Sequence[str]) -> dict[str, Value]:
    """The values by name of texts NAME=VALUE, in the order of the names.

    A value is a whole number, a number, true, false, or else a text; in double quotes it is a text
    whatever it looks like.

    Raises:
        InputError: A text has another form, or a name comes twice.
    """
    found: dict[str, Value] = {}
    for text in given:
        name, equals, value = str(text).partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"--set {text} should be NAME=VALUE, as in --set fold=1.")
        if name in found:
            raise InputError(f"--set gives {name} twice; give it once.")
        found[name] = _value(value.strip())
    return dict(sorted(found.items()))


def over(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Texts NAME=VALUE, and those of others whose names are not among them."""
    names = {text.partition("=")[0].strip() for text in upper}
    return [*(text for text in lower if text.partition("=")[0].strip() not in names), *upper]


def _value(text: str) -> Value:
    if text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except json.JSONDecodeError:
            return text
    return text
