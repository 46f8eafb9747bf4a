"""One tensor, or several by place or by name: what a network is given, and what a task compares.

A tuple is handed to the network's `forward` as positional arguments, a dictionary as keyword
arguments; everything else that happens to inputs happens to each of their tensors. A task's output
and its target have the same forms.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from torch import Tensor, nn

from paretocli.errors import InputError

Several = Tensor | tuple[Tensor, ...] | Mapping[str, Tensor]
Inputs = Several
AnyForm = TypeVar("AnyForm", bound=Several)

FORMS = "one tensor, or a tuple or dictionary of tensors"


def tensors_of(inputs: Several) -> dict[str, Tensor]:
    """The tensors by name: keys, fields or numbers; one tensor has the empty name."""
    if isinstance(inputs, Tensor):
        return {"": inputs}
    if isinstance(inputs, Mapping):
        return dict(inputs)
    names = getattr(inputs, "_fields", map(str, range(len(inputs))))
    return dict(zip(names, inputs, strict=True))


def mapped(function: Callable[[Tensor], Tensor], inputs: AnyForm) -> AnyForm:
    """The same form with a function applied to each tensor."""
    return of_form(inputs, [function(tensor) for tensor in tensors_of(inputs).values()])


def of_form(inputs: AnyForm, tensors: Sequence[Tensor]) -> AnyForm:
    """The same form made of other tensors, in the order of `tensors_of`."""
    made: Any
    if isinstance(inputs, Tensor):
        made = tensors[0]
    elif isinstance(inputs, Mapping):
        made = dict(zip(inputs, tensors, strict=True))
    else:  # a named tuple is made of its fields
        made = type(inputs)(*tensors) if hasattr(inputs, "_fields") else tuple(tensors)
    return cast("AnyForm", made)


def all_mapped(
    function: Callable[[Tensor], Tensor], severals: Sequence[AnyForm]
) -> tuple[AnyForm, ...]:
    """Each of several with a function applied to its tensors."""
    return tuple(mapped(function, several) for several in severals)


def floats_mapped(function: Callable[[Tensor], Tensor], several: AnyForm) -> AnyForm:
    """As `mapped`, where whole numbers and marks stay what they are."""
    return mapped(lambda t: function(t) if t.is_floating_point() else t, several)


def combined(function: Callable[[list[Tensor]], Tensor], severals: Sequence[AnyForm]) -> AnyForm:
    """The same form as each of several, with a function applied to the tensors of each part."""
    each = [tensors_of(several).values() for several in severals]
    return of_form(severals[0], [function(list(part)) for part in zip(*each, strict=True)])


def floats_of(several: Several) -> list[Tensor]:
    """Those of the tensors that hold numbers with a fraction."""
    return [tensor for tensor in tensors_of(several).values() if tensor.is_floating_point()]


def first_of(several: Several) -> Tensor:
    """The first of the tensors."""
    return next(iter(tensors_of(several).values()))


def sample_count(several: Several) -> int:
    """B of tensors (B, …)."""
    return len(first_of(several))


def arguments_of(inputs: Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and the keyword arguments by which a network gets the inputs."""
    if isinstance(inputs, Tensor):
        return (inputs,), {}
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    return tuple(inputs), {}


def call(network: nn.Module, inputs: Inputs) -> Any:
    """What the network makes of the inputs."""
    arguments, named = arguments_of(inputs)
    return network(*arguments, **named)


def one_tensor(inputs: Inputs, what: str) -> Tensor:
    """The inputs that have to be a single tensor.

    Args:
        inputs: The inputs.
        what: What needs them to be, at the start of the sentence.

    Raises:
        InputError: They are several.
    """
    if not isinstance(inputs, Tensor):
        raise InputError(
            f"{what} takes one tensor, found several inputs ({', '.join(tensors_of(inputs))}); "
            "give the problem a network of its own."
        )
    return inputs


def refuse_other_forms(inputs: Any, what: str) -> None:
    """Refuse what is no inputs at all.

    Args:
        inputs: Whatever somebody gave.
        what: Where it was given, at the start of the sentence.

    Raises:
        InputError: It is neither a tensor nor a tuple or dictionary of tensors, nested no deeper.
    """
    if isinstance(inputs, Tensor):
        return
    if not isinstance(inputs, tuple | Mapping):
        raise InputError(f"{what} should be {FORMS}, found {type(inputs).__name__}.")
    if not inputs:
        raise InputError(f"{what} should be {FORMS}, found none in it.")
    for name, value in tensors_of(inputs).items():
        if not isinstance(name, str):
            raise InputError(f"{what} should be named by texts, found {name!r}.")
        if not isinstance(value, Tensor):
            raise InputError(
                f"{what} should be {FORMS}, found {type(value).__name__} as {name!r} of them."
            )
