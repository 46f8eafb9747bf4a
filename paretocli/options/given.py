"""Options as a user writes them, in a file or in Python, brought into the form that flags have."""

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.option import Option
from paretocli.options.assignments import as_texts, over
from paretocli.options.weights import WEIGHT_OPTIONS

OptionValue = str | int | float | bool | Path | list[Any]
Options = dict[str, OptionValue]

TEXT, WHOLE, NUMBER, LIST = "a text", "a whole number", "a number", "a list"
SWITCH, SEVERAL = "true or false", "a text or a list of what its commas part"

_KINDS = {str: TEXT, Path: TEXT, int: WHOLE, float: NUMBER, bool: SWITCH, list: LIST}

_TYPES: dict[str, Callable[[Any], bool]] = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    LIST: lambda value: isinstance(value, list),
    SWITCH: lambda value: isinstance(value, bool),
    SEVERAL: lambda value: isinstance(value, str) or (isinstance(value, list) and _plain(value)),
}


def as_flags_give(
    values: Mapping[str, Any], known: Mapping[str, Option], where: str, called: Callable[[str], str]
) -> Options:
    """Options as flags would give them.

    Args:
        values: What was written, by name.
        known: The options that there are.
        where: What holds the names, such as "The config file a.toml".
        called: What a name is called in a sentence, such as "The key 'lr' in a.toml".

    Raises:
        InputError: A name is unknown, or a value has the wrong type.
    """
    options: Options = {}
    for written, found in values.items():
        name = written.replace("-", "_")
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."
            raise InputError(f"{where} {written!r}; {hint}")
        table = known[name].given is list and isinstance(found, Mapping)
        value = as_texts(found, called(written)) if table else found
        kind = _kind(known[name])
        if not _TYPES[kind](value):
            raise InputError(f"{called(written)} should be {kind}, found {_shown(value)}.")
        options[name] = _as_flag(known[name], value, called(written))
    return options


def merge(flags: Mapping[str, OptionValue | None], file: Options) -> Options:
    """Flags over file. Asking for weights in one way drops what a lower level says in another.

    Of `set`, each name is an option of its own.
    """
    # Typer gives an empty sequence for a repeatable option that was not used.
    given = {key: value for key, value in flags.items() if value not in (None, [], ())}
    lower = dict(file)
    if any(key in given for key in WEIGHT_OPTIONS):
        for key in WEIGHT_OPTIONS:
            lower.pop(key, None)
    merged = {**lower, **given}
    if isinstance(above := given.get("set"), list) and isinstance(below := lower.get("set"), list):
        merged["set"] = over(above, below)
    asked = [key for key in WEIGHT_OPTIONS if key in merged]
    if len(asked) > 1:
        names = " and ".join(f"--{key.replace('_', '-')}" for key in asked)
        raise InputError(f"{names} were given together; give one of them.")
    return merged


def _kind(option: Option) -> str:
    """What is to be written for an option."""
    if option.several:
        return SEVERAL
    return LIST if option.numbers or option.name == "weights" else _KINDS[option.given]


def _as_flag(option: Option, value: Any, called: str) -> OptionValue:
    """The form that a flag gives: lists of numbers with commas between them, paths as such."""
    if option.name == "weights":
        return _weights(value, called)
    if option.numbers:
        if not all(_TYPES[NUMBER](number) for number in value):
            raise InputError(f"{called} should be a list of numbers, found {_shown(value)}.")
        return ",".join(str(number) for number in value)
    if option.given is list and not all(isinstance(entry, str) for entry in value):
        raise InputError(
            f'{called} should be a list of texts such as "sparsity=0.01", found {_shown(value)}.'
        )
    if option.given is Path:
        return Path(value)
    found: OptionValue = value
    return found


def _weights(value: Any, called: str) -> list[str]:
    rows = value if all(isinstance(row, list) for row in value) else [value]
    if not value or not all(_TYPES[NUMBER](cell) for row in rows for cell in row):
        raise InputError(
            f"{called} should be a list of numbers or a list of such lists, found {_shown(value)}."
        )
    return [",".join(repr(cell) for cell in row) for row in rows]


def _plain(value: list[Any]) -> bool:
    return all(_TYPES[TEXT](part) or _TYPES[NUMBER](part) for part in value)


def _shown(value: Any) -> str:
    return json.dumps(value, default=str)
