"""Which point is meant."""

from typing import Any

from paretocli.errors import InputError


def point_number(point: Any) -> int:
    """The number of a point, from itself or from its row of the results.

    Raises:
        InputError: It is neither.
    """
    found = point["point"] if hasattr(point, "keys") else point
    try:
        return int(found)
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"A point should be its number, or its row of the results, found {point!r}."
        ) from None
