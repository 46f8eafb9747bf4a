"""How an option is declared: once, as a field with its type, and all that is known of it.

The command line, the keys of TOML files, the library's arguments, a sweep's identity and the names
of methods in comparisons all follow from the declaration. Nothing here knows any option.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from paretocli.errors import InputError

Range = tuple[Callable[[Any], bool], str]

# Of what nothing is said.
UNSET: Any = object()

_KEY = "option"


def _is_positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


def _is_not_negative(value: float) -> bool:
    return math.isfinite(value) and value >= 0


# Ranges: what a value has to meet, and how that is said.
POSITIVE: Range = (_is_positive, "positive and finite")
NOT_NEGATIVE: Range = (_is_not_negative, "at least 0 and finite")
SHARE: Range = (lambda value: 0 < value <= 1, "above 0 and at most 1")


def at_least(smallest: int) -> Range:
    """The range of whole numbers from one on."""
    return (lambda value: value >= smallest), f"at least {smallest}"


def within(smallest: int, largest: int) -> Range:
    """The range of whole numbers between two."""
    return (lambda value: smallest <= value <= largest), f"from {smallest} to {largest}"


def one_of(*names: str) -> Range:
    """The range of some names."""
    return (lambda value: value in names), f"one of {', '.join(names)}"


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option of `sweep` and `train`.

    Attributes:
        name: As in Python and in `sweep.json`; with dashes, on the command line and in TOML.
        given: The type in which a user gives it: `str`, `int`, `float`, `bool`, `Path`, or `list`
            for what can be repeated.
        help: What it does, for the command's help; a function where that depends on what is
            installed.
        panel: Under which heading the help shows it.
        metavar: What stands for its value there; without, its type.
        default: Its value where neither the user nor the problem says.
        shown: The default as the help shows it, None for what `default` shows, empty for nothing.
        range: What its value has to meet.
        parse: From what was given to its value, where they are not the same.
        several: Whether it is several things: a text with commas between, or a list.
        numbers: Whether it is given as numbers with commas between; in a file, as a list of them.
        kind: `identity`: it changes results. `runtime`: it does not.
        before: What a sweep meant whose `sweep.json` is older than the option, and lacks it.
        idle: Why it has no effect on a sweep of some identity, such as "without sparsity"; empty
            where it has. May be asked of identities that lack fields.
        flags: Its names on the command line, where they are others.
        variable: The environment variable that stands in for it.
        single: Whether `train` has it; what concerns several points it has not.
    """

    name: str = ""
    given: type = NoneType
    help: str | Callable[[], str] = ""
    panel: str = ""
    metavar: str | None = None
    default: Any = UNSET
    shown: str | None = None
    range: Range | None = None
    parse: Callable[[Any], Any] | None = None
    several: bool = False
    numbers: bool = False
    kind: Literal["identity", "runtime"] = "identity"
    before: Any = UNSET
    idle: Callable[[Mapping[str, Any]], str] | None = None
    flags: tuple[str, ...] = ()
    variable: str | None = None
    single: bool = True

    @property
    def flag(self) -> str:
        """How it is written on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def text(self) -> str:
        """What it does."""
        return self.help if isinstance(self.help, str) else self.help()

    @property
    def has_default(self) -> bool:
        """Whether it has a value of its own, and is not left to the problem."""
        return self.default is not UNSET

    def value(self, given: Any) -> Any:
        """Its value, from what a user gives."""
        return given if self.parse is None else self.parse(given)

    def check(self, value: Any) -> None:
        """Refuse a value out of its range.

        Raises:
            InputError: It is.
        """
        if self.range is not None and not self.range[0](value):
            raise InputError(f"{self.flag} should be {self.range[1]}, found {value}.")


def option(help: str | Callable[[], str], **known: Any) -> Any:
    """A field of a dataclass that declares an option; see `Option` for what may be known of it.

    Its name is the field's, and `given` the field's type, unless they are told apart.
    """
    return field(metadata={_KEY: Option(help=help, **known)})


def settled(*, runtime: bool = False, before: Any = UNSET, default: Any = MISSING) -> Any:
    """A field that no user sets: it follows from options and the problem.

    Args:
        runtime: Whether it changes no results.
        before: As of `Option`.
        default: Its value where nothing settles it.
    """
    known = {"kind": "runtime" if runtime else "identity", "before": before}
    return field(default=default, metadata=known)


def settled_before(declaring: type) -> dict[str, Any]:
    """What older sweeps meant by the settled fields of a dataclass that came after a release."""
    known = {entry.name: entry.metadata.get("before", UNSET) for entry in fields(declaring)}
    return {name: before for name, before in known.items() if before is not UNSET}


def options_of(declaring: type, panel: str) -> tuple[Option, ...]:
    """The options that a dataclass declares, in its order.

    Args:
        declaring: The dataclass.
        panel: Under which heading the help shows them.
    """
    types = get_type_hints(declaring)
    found = []
    for entry in fields(declaring):
        known: Option | None = entry.metadata.get(_KEY)
        if known is not None:
            given = _plain(types[entry.name]) if known.given is NoneType else known.given
            is_tuple = get_origin(types[entry.name]) is tuple
            several = is_tuple and not known.numbers and given is not list
            known = replace(known, name=entry.name, given=given, several=several)
            found.append(replace(known, panel=panel))
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class NoOptions:
    """Of a method that takes none."""


def told(declaring: type, values: Mapping[str, Any]) -> Any:
    """The dataclass of a method's options, from values by name, perhaps with those of others."""
    return declaring(**{entry.name: values[entry.name] for entry in fields(declaring)})


def kind_of(entry: Any) -> str:
    """Whether a field of a dataclass is `identity` or `runtime`."""
    known: Option | None = entry.metadata.get(_KEY)
    return str(entry.metadata["kind"] if known is None else known.kind)


def as_stored(value: Any) -> Any:
    """A value as `sweep.json` holds it: lists in place of tuples, texts in place of paths."""
    return json.loads(json.dumps(value, default=str))


def as_tuples(value: Any) -> Any:
    """A value from `sweep.json`: tuples in place of lists."""
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


def _plain(found: Any) -> type:
    """A field's type without None; any tuple is given as a text."""
    for part in () if get_origin(found) is tuple else (found, *get_args(found)):
        if part in (str, int, float, bool, Path, list):
            return part if isinstance(part, type) else str
    return str
