"""Options as a user gives them: in a TOML file, and the flags and variables that win over it."""

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.option import Option
from paretocli.options.declared import declared
from paretocli.options.weights import WEIGHT_OPTIONS

OptionValue = str | int | float | bool | Path | list[Any]
Options = dict[str, OptionValue]

# Problems that name a file
TABLE = "table:"

TEXT, WHOLE, NUMBER, LIST = "a text", "a whole number", "a number", "a list"
SWITCH = "true or false"

_KINDS = {str: TEXT, Path: TEXT, int: WHOLE, float: NUMBER, bool: SWITCH, list: LIST}

_TYPES: dict[str, Callable[[Any], bool]] = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    NUMBER: lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    LIST: lambda value: isinstance(value, list),
    SWITCH: lambda value: isinstance(value, bool),
}


def read_config_file(path: Path) -> Options:
    """Read options from a TOML file; keys are the options' names without the dashes in front.

    Relative paths in the file are relative to the file.

    Raises:
        InputError: The file cannot be read, a key is unknown, or a value has the wrong type.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        raise InputError(f"The config file {path} does not exist; check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The config file {path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"The config file {path} is not valid TOML: {error}.") from None
    options: Options = {}
    known = declared()
    for written, value in content.items():
        key = written.replace("-", "_")
        if key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."
            raise InputError(f"The config file {path} has the unknown key {written!r}; {hint}")
        kind = _kind(known[key])
        if not _TYPES[kind](value):
            raise InputError(
                f"The key {written!r} in {path} should be {kind}, found "
                f"{json.dumps(value, default=str)}."
            )
        options[key] = value
    for key in options:
        if known[key].given is Path:
            options[key] = Path(os.path.normpath(path.parent / str(options[key])))
    if isinstance(problem := options.get("problem"), str):
        options["problem"] = _relative_to(path.parent, problem)
    _read_lists(options, path)
    return options


def _kind(option: Option) -> str:
    """What a file should give for an option."""
    return LIST if option.numbers else _KINDS[option.given]


def _relative_to(folder: Path, problem: str) -> str:
    """The problem with the path that it names, if it does, taken from a folder."""
    if problem.startswith(TABLE):
        return f"{TABLE}{folder / problem.removeprefix(TABLE)}"
    return str(folder / problem) if ".py" in problem else problem


def _read_lists(options: Options, path: Path) -> None:
    """Bring keys that hold lists into the form that flags have."""
    if isinstance(ideal := options.get("ideal"), list):
        if not all(_TYPES[NUMBER](number) for number in ideal):
            raise InputError(
                f"The key 'ideal' in {path} should be a list of numbers, found "
                f"{json.dumps(ideal, default=str)}."
            )
        options["ideal"] = ",".join(str(number) for number in ideal)
    fix = options.get("fix")
    if isinstance(fix, list) and not all(isinstance(entry, str) for entry in fix):
        raise InputError(
            f"The key 'fix' in {path} should be a list of texts such as \"sparsity=0.01\", found "
            f"{json.dumps(fix, default=str)}."
        )
    if "weights" in options:
        options["weights"] = _weights_from_file(options["weights"], path)


def _weights_from_file(value: Any, path: Path) -> list[str]:
    rows = value if all(isinstance(row, list) for row in value) else [value]
    if not value or not all(_TYPES[NUMBER](cell) for row in rows for cell in row):
        raise InputError(
            f"The key 'weights' in {path} should be a list of numbers or a list of such lists, "
            f"found {json.dumps(value, default=str)}."
        )
    return [",".join(repr(cell) for cell in row) for row in rows]


def merge(flags: Mapping[str, OptionValue | None], file: Options) -> Options:
    """Flags over file. Asking for weights in one way drops what a lower level says in another."""
    # Typer gives an empty sequence for a repeatable option that was not used.
    given = {key: value for key, value in flags.items() if value not in (None, [], ())}
    lower = dict(file)
    if any(key in given for key in WEIGHT_OPTIONS):
        for key in WEIGHT_OPTIONS:
            lower.pop(key, None)
    merged = {**lower, **given}
    asked = [key for key in WEIGHT_OPTIONS if key in merged]
    if len(asked) > 1:
        names = " and ".join(f"--{key.replace('_', '-')}" for key in asked)
        raise InputError(f"{names} were given together; give one of them.")
    return merged
