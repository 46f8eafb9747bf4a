"""Options that hold several things: one text with commas, or a list of them."""

import csv
from itertools import pairwise
from typing import Any

from paretocli.errors import InputError


def columns_in(given: Any) -> tuple[str, ...]:
    """The columns to predict; in a text, a name that holds a comma stands in double quotes."""
    if isinstance(given, list | tuple):
        names = [str(name) for name in given]
    else:
        text = str(given)
        names = [name.strip() for name in next(csv.reader([text], skipinitialspace=True), [])]
    if not all(names) or not names:
        raise InputError(
            f"--targets {given} should be names of columns separated by commas, as in "
            "--targets price,area."
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


def listed(given: Any) -> list[Any]:
    """An option that can be repeated, as a list."""
    return list(given) if isinstance(given, list | tuple) else []


def rises_inside_0_1(shares: tuple[float, ...]) -> bool:
    """Whether numbers rise, all between 0 and 1."""
    ends = (0.0, *shares, 1.0)
    return bool(shares) and all(low < high for low, high in pairwise(ends))
