"""Options that hold several things in one text."""

import csv
from typing import Any

from paretocli.config_file import Options
from paretocli.errors import InputError


def targets_of(options: Options) -> tuple[str, ...]:
    """The columns to predict; a name that holds a comma stands in double quotes."""
    if "targets" not in options:
        return ()
    text = str(options["targets"])
    names = [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]
    if not all(names) or not names:
        raise InputError(
            f"--targets {text} should be names of columns separated by commas, as in "
            "--targets price,area."
        )
    return tuple(names)


def patterns_of(options: Options, key: str) -> tuple[str, ...]:
    """Patterns of names that were given as one text, separated by commas."""
    return tuple(part.strip() for part in str(options.get(key, "")).split(",") if part.strip())


def shares_of(text: str) -> tuple[float, ...]:
    """Shares of training, separated by commas."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"--branch-at should be numbers separated by commas, found {text}."
        ) from None


def listed(value: Any) -> list[Any]:
    """An option that can be repeated, as a list."""
    return list(value) if isinstance(value, list | tuple) else []
