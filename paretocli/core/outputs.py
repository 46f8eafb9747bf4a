"""What a network gives: one output a task, each of one tensor or several.

A network returns the outputs in the order of the tasks, as a tuple or list, or by the tasks' names:
as a dictionary, a named tuple, a dataclass, or a `ModelOutput` of Hugging Face's transformers. What
it returns by other names is left alone. The output of a task is a tensor, or a tuple, dictionary,
named tuple or dataclass of tensors.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from paretocli.core.inputs import Inputs, Several, call, floats_mapped, of_form, tensors_of

Outputs = tuple[Several, ...]


class OtherOutputsError(Exception):
    """What a network returned is not one output a task; says what it is and what was expected."""


def outputs_by_task(returned: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """One output a task, in the tasks' order, from what a network returned.

    Args:
        returned: It.
        names: Of the tasks. Where it returns a sequence, this may hold fewer, or more.

    Returns:
        Tensors, tuples or dictionaries; what is neither stays as it is.

    Raises:
        OtherOutputsError: It is neither a sequence nor something with names, or lacks one.
    """
    named = by_name(returned)
    if named is not None and not (isinstance(returned, tuple) and not named.keys() & {*names}):
        lacking = [name for name in names if name not in named]
        if lacking:
            found = ", ".join(map(str, named)) or "nothing"
            raise OtherOutputsError(f"{found} where {', '.join(lacking)} was expected too")
        return tuple(_plain(named[name]) for name in names)
    if isinstance(returned, tuple | list):
        return tuple(map(_plain, returned))
    raise OtherOutputsError(
        f"{type(returned).__name__} where a tuple or list of {len(names)} outputs was expected"
    )


def call_by_task(network: nn.Module, inputs: Inputs, names: Sequence[str]) -> tuple[Any, ...]:
    """The same of what a network makes of inputs."""
    return outputs_by_task(call(network, inputs), names)


def by_name(returned: Any) -> dict[str, Any] | None:
    """What a network returned by name; None where it did not. What is None there is left out."""
    if isinstance(returned, Mapping):
        named = dict(returned)
    elif dataclasses.is_dataclass(returned):
        fields = dataclasses.fields(returned)
        named = {field.name: getattr(returned, field.name) for field in fields}
    elif isinstance(returned, tuple) and hasattr(returned, "_fields"):
        named = dict(zip(returned._fields, returned, strict=True))
    else:
        return None
    return {name: value for name, value in named.items() if value is not None}


def as_floats(output: Several) -> Any:
    """An output in single precision; marks and whole numbers beside others stay what they are."""
    return output.float() if isinstance(output, Tensor) else floats_mapped(Tensor.float, output)


def output_names(names: Sequence[str], outputs: Sequence[Several]) -> tuple[str, ...]:
    """A name for each tensor: that of its task, or `task.part` where a task has several.

    Args:
        names: Of the tasks.
        outputs: One a task.
    """
    return tuple(
        f"{name}.{part}" if part else name
        for name, output in zip(names, outputs, strict=True)
        for part in tensors_of(output)
    )


def flat(outputs: Sequence[Several]) -> tuple[Tensor, ...]:
    """All tensors of the outputs, in order."""
    return tuple(tensor for output in outputs for tensor in tensors_of(output).values())


def grouped(tensors: Sequence[Tensor], like: Sequence[Several]) -> Outputs:
    """Outputs of the form of others, from their tensors in order."""
    waiting = iter(tensors)
    return tuple(of_form(output, [next(waiting) for _ in tensors_of(output)]) for output in like)


def _plain(value: Any) -> Any:
    """A task's output as a tensor, a (named) tuple or a dictionary, where it is one of these."""
    if isinstance(value, Tensor) or type(value) is dict:
        return value
    if isinstance(value, tuple):
        return value
    if isinstance(value, list):
        return tuple(value)
    named = by_name(value)
    return value if named is None else named
