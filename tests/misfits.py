"""Where a value read from JSON is not of its type, for tests of what the program writes."""

import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict


def misfits(value: Any, hint: Any, path: str = "") -> Iterator[str]:
    """Paths of what is not of its type, lacks a key or has one that is not declared."""
    origin, args = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        hints = get_type_hints(hint)
        wrong = {*value.keys() - hints.keys(), *hint.__required_keys__ - value.keys()}
        yield from (f"{path}/{key}" for key in sorted(wrong))
        for key in sorted(value.keys() & hints.keys()):
            yield from misfits(value[key], hints[key], f"{path}/{key}")
    elif origin in (Union, types.UnionType):
        if all(list(misfits(value, one)) for one in args):
            yield path
    elif origin is Literal:
        if value not in args:
            yield path
    elif origin is list:
        for place, entry in enumerate(value if isinstance(value, list) else [path]):
            yield from misfits(entry, args[0], f"{path}/{place}")
    elif origin in (dict, Mapping):
        if not isinstance(value, dict):
            yield path
            return
        for key, entry in value.items():
            yield from misfits(key, args[0], f"{path}/{key}")
            yield from misfits(entry, args[1], f"{path}/{key}")
    elif hint is not Any and type(value) not in ((int, float) if hint is float else (hint,)):
        yield path
