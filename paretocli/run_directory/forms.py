"""Forms that values read from JSON should have: what is not of its form is never used.

A form is a function of a value, which raises `FormError` where the value is not of it. Objects are
declared as `TypedDict`s, which say the form of a field beside its type.
"""

import math
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, NotRequired, get_args, get_origin, get_type_hints

Form = Callable[[Any], None]

LARGEST = 2**63  # whole numbers stay below: no file holds more points, epochs or rows


class FormError(ValueError):
    """A value has another form than it should.

    Args:
        reason: The rest of a sentence on the value: "is no number".
        path: Names that lead to it.
    """

    def __init__(self, reason: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(f"{', '.join(path)} {reason}" if path else f"it {reason}")
        self.reason = reason
        self.path = path


def anything(value: Any) -> None:
    """Whatever it is."""


def number(value: Any) -> None:
    """A finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise FormError("is no number")
    if not -LARGEST < value < LARGEST and (isinstance(value, int) or not math.isfinite(value)):
        raise FormError("is too large, or not finite")


def not_negative(value: Any) -> None:
    """A finite number of at least 0."""
    number(value)
    if value < 0:
        raise FormError("is below 0")


def whole(low: int = 0, high: int = LARGEST - 1) -> Form:
    """A whole number of a range, both ends included."""

    def form(value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise FormError("is no whole number")
        if not low <= value <= high:
            open_end = high == LARGEST - 1 and value < low
            raise FormError(f"is below {low}" if open_end else f"is not from {low} to {high}")

    return form


def text(value: Any) -> None:
    """A text."""
    if not isinstance(value, str):
        raise FormError("is no text")


def truth(value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise FormError("is neither true nor false")


def scalar(value: Any) -> None:
    """A text, a truth value, or a finite number."""
    if not isinstance(value, str | bool):
        number(value)


def name(value: Any) -> None:
    """A text in one line, without characters that steer a terminal."""
    text(value)
    if not value or any(unicodedata.category(letter) == "Cc" for letter in value):
        raise FormError("is no name")


def one_of(*words: str) -> Form:
    """One of some texts."""

    def form(value: Any) -> None:
        if value not in words:
            raise FormError(f"is none of {', '.join(words)}")

    return form


def or_null(form: Form) -> Form:
    """A form, or null."""
    return lambda value: None if value is None else form(value)


def listed(form: Form, length: int | None = None) -> Form:
    """A list, of a length where one is given; each entry is of a form."""

    def checked(value: Any) -> None:
        if not isinstance(value, list):
            raise FormError("is no list")
        if length is not None and len(value) != length:
            raise FormError(f"is a list of {len(value)} in place of {length}")
        for place, entry in enumerate(value):
            _inside(form, entry, str(place))

    return checked


def mapped(form: Form) -> Form:
    """An object whose values are all of a form, whatever their names."""

    def checked(value: Any) -> None:
        if not isinstance(value, dict):
            raise FormError("is no object")
        for key, entry in value.items():
            name(key)
            _inside(form, entry, key)

    return checked


def made_of(needed: Mapping[str, Form], further: Mapping[str, Form] | None = None) -> Form:
    """An object with some entries; others are allowed, and have a form where it is known.

    Args:
        needed: Form of each entry that has to be there.
        further: Form of each entry that may be missing.
    """

    def checked(value: Any) -> None:
        if not isinstance(value, dict):
            raise FormError("is no object")
        for key in needed:
            if key not in value:
                raise FormError("is missing", (key,))
        for key, form in {**needed, **(further or {})}.items():
            if key in value:
                _inside(form, value[key], key)

    return checked


def form_of(kind: Any, **instead: Form) -> Form:
    """The form of a `TypedDict`: of each of its fields what `Annotated` says of it, if anything.

    Args:
        kind: The `TypedDict`.
        instead: Forms of some fields that take the place of those declared.
    """
    declared, needed = _declared(kind), kind.__required_keys__
    assert instead.keys() <= declared.keys()
    forms = declared | instead
    return made_of(
        {key: form for key, form in forms.items() if key in needed},
        {key: form for key, form in forms.items() if key not in needed},
    )


@cache
def _declared(kind: Any) -> dict[str, Form]:
    hints = get_type_hints(kind, include_extras=True)
    return {key: _annotated(hint) for key, hint in hints.items()}


def _annotated(hint: Any) -> Form:
    if get_origin(hint) is NotRequired:
        (hint,) = get_args(hint)
    form: Form = getattr(hint, "__metadata__", (anything,))[0]
    return form


# Types with their forms, for the fields of `TypedDict`s.
Count = Annotated[int, whole()]
Figure = Annotated[float | None, or_null(number)]  # null where it was not finite
Name = Annotated[str, name]
Names = Annotated[list[str], listed(name)]
NotNegative = Annotated[float, not_negative]
Positive = Annotated[int, whole(1)]
Text = Annotated[str, text]
Texts = Annotated[dict[str, str], mapped(text)]


def _inside(form: Form, value: Any, key: str) -> None:
    try:
        form(value)
    except FormError as error:
        raise FormError(error.reason, (key, *error.path)) from None
