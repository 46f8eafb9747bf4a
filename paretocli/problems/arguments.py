"""The arguments of a function that makes a problem, held against its signature."""

import inspect
import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from paretocli.errors import InputError

# What the program gives, and nobody sets.
OWN = ("data_dir",)

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text (in double quotes, where it looks like a number)",
}


def arguments_for(
    factory: Callable[..., Any], given: Mapping[str, Any], source: str
) -> dict[str, Any]:
    """The arguments that were given, once the function was found to take them.

    Args:
        factory: Makes the problem.
        given: By name.
        source: The problem as it was named.

    Raises:
        InputError: A name is unknown, a value is of another type than the function says, or one is
            missing that the function needs.
    """
    parameters = inspect.signature(factory).parameters
    known = [name for name, one in parameters.items() if one.kind in _BY_NAME and name not in OWN]
    takes_any = any(one.kind == one.VAR_KEYWORD for one in parameters.values())
    for name in given:
        if name in OWN:
            raise InputError(f"--set {name} is given by --{name.replace('_', '-')} instead.")
        if name not in known and not takes_any:
            raise InputError(f"{source} takes no argument {name!r}; {_offer(name, known)}")
    needed = [name for name in known if parameters[name].default is inspect.Parameter.empty]
    if missing := [name for name in needed if name not in given]:
        raise InputError(
            f"{source} needs a value of {missing[0]}; give it with --set {missing[0]}=VALUE (its "
            f"arguments: {', '.join(known)})."
        )
    types = _types(factory)
    return {name: _typed(name, value, types.get(name), source) for name, value in given.items()}


def _offer(name: str, known: list[str]) -> str:
    if not known:
        return "its function has none."
    close = get_close_matches(name, known, n=1)
    names = f"its arguments are {', '.join(known)}."
    return f"did you mean {close[0]!r} ({names[:-1]})?" if close else names


def _types(factory: Callable[..., Any]) -> dict[str, Any]:
    """The types that a function says; none where they cannot be found out."""
    try:
        return get_type_hints(factory)
    except Exception:
        return {}


def _typed(name: str, value: Any, said: Any, source: str) -> Any:
    """A value as its type is said; where nothing known is said, as it is."""
    if get_origin(said) is Literal:
        if value not in get_args(said):
            raise _wrong(name, value, f"one of {', '.join(map(str, get_args(said)))}", source)
        return value
    kinds = get_args(said) if get_origin(said) in (Union, UnionType) else (said,)
    kinds = tuple(kind for kind in kinds if kind is not NoneType)
    if type(value) in kinds or not set(kinds) <= set(_WORDS):
        return value
    if float in kinds and type(value) is int:
        return float(value)
    raise _wrong(name, value, " or ".join(_WORDS[kind] for kind in kinds), source)


def _wrong(name: str, value: Any, expected: str, source: str) -> InputError:
    return InputError(
        f"The argument {name} of {source} should be {expected}, found {json.dumps(value)}."
    )
