"""Options that hold several things: one text with commas, or a list of them."""

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from paretocli.errors import InputError


def columns_in(given: Any, option: str = "--targets") -> tuple[str, ...]:
    """Columns of a table; in a text, a name that holds a comma stands in double quotes."""
    if isinstance(given, list | tuple):
        names = [str(name) for name in given]
    else:
        text = str(given)
        names = [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]
    if not all(names) or not names:
        raise InputError(
            f"{option} {given} should be names of columns separated by commas, as in "
            f"{option} price,area."
        )
    return tuple(names)


def names_in(given: Any) -> tuple[str, ...]:
    """Names or patterns of names."""
    parts = given if isinstance(given, list | tuple) else str(given).split(",")
    return tuple(str(part).strip() for part in parts if str(part).strip())


def shares_in(given: Any) -> tuple[float, ...]:
    """Shares of training."""
    if isinstance(given, list | tuple):
        parts = list(given)
    else:
        parts = [given] if isinstance(given, float) else str(given).split(",")
    try:
        return tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        raise InputError(
            f"--branch-at should be numbers separated by commas, found {given}."
        ) from None


def factors_in(given: Any, flag: str, example: str) -> tuple[tuple[str, float], ...]:
    """Patterns of names with a number each, from texts such as body.*=0.1, or from a mapping.

    Args:
        given: A text, several of them, a mapping, or pairs.
        flag: What asks for them, for a message.
        example: One of them, for a message.

    Raises:
        InputError: One has no number that is finite and at least 0.
    """
    if isinstance(given, Mapping):
        given = tuple(given.items())
    entries = [given] if isinstance(given, str) else list(given)
    found = []
    for entry in entries:
        text = entry if isinstance(entry, str) else "=".join(map(str, entry))
        name, _, number = text.rpartition("=")
        try:
            factor = float(number)
        except ValueError:
            factor = math.nan
        if not (name.strip() and math.isfinite(factor) and factor >= 0):
            raise InputError(
                f"{flag} {text} should be names and a number that is at least 0, as in {flag} "
                f'"{example}".'
            )
        found.append((name.strip(), factor))
    return tuple(found)


def kinds_in(given: Any, kinds: Sequence[str]) -> dict[str, str]:
    """What columns hold, by their names, from texts such as income=class, or from a mapping.

    Args:
        given: A text, several of them, or a mapping.
        kinds: What there is.

    Raises:
        InputError: A text has another form, or a column comes twice.
    """
    if isinstance(given, Mapping):
        given = [f"{name}={kind}" for name, kind in given.items()]
    found: dict[str, str] = {}
    for text in [given] if isinstance(given, str) else given:
        name, _, kind = str(text).rpartition("=")
        # In a file or in Python the kind is a text in quotes.
        name, kind = name.strip(), kind.strip().strip('"')
        if not name or kind not in kinds:
            raise InputError(
                f"--task {text} should be a column and one of {', '.join(kinds)}, as in --task "
                "income=class."
            )
        if name in found:
            raise InputError(f"--task gives {name} twice; give it once.")
        found[name] = kind
    return dict(sorted(found.items()))


def epochs_in(given: Any, flag: str, example: str) -> tuple[tuple[str, int], ...]:
    """Patterns of names with a number of epochs each, as `factors_in` has numbers.

    Raises:
        InputError: One has no whole number from 1 on.
    """
    found = factors_in(given, flag, example)
    for name, epochs in found:
        if epochs < 1 or not epochs.is_integer():
            raise InputError(
                f"{flag} {name}={epochs:g} should be names and a whole number of epochs, at least "
                f'1, as in {flag} "{example}".'
            )
    return tuple((name, int(epochs)) for name, epochs in found)


def some_of(names: Sequence[str], most: int = 8) -> str:
    """Names for a sentence, the first ones of many."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def listed(given: Any) -> list[Any]:
    """An option that can be repeated, as a list."""
    return list(given) if isinstance(given, list | tuple) else []


def rises_inside_0_1(shares: tuple[float, ...]) -> bool:
    """Whether numbers rise, all between 0 and 1."""
    ends = (0.0, *shares, 1.0)
    return bool(shares) and all(low < high for low, high in pairwise(ends))
