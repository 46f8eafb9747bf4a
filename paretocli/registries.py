"""Looking things up by name, with an error that helps."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from paretocli.errors import InputError

T = TypeVar("T")


def lookup(known: Mapping[str, T], name: str, kind: str) -> T:
    """The entry called `name`; an unknown name is an InputError that lists the known ones.

    Args:
        known: Entries by name.
        name: What the user asked for.
        kind: What the entries are, in the singular ("solver").
    """
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}? Known are" if close else "choose one of"
    raise InputError(f"There is no {kind} named {name!r}; {hint} {', '.join(known)}.")
