"""Items of anybody's data set as tensors: stacked to batches, taken apart to inputs and targets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

from paretocli.core.datasets import first_line
from paretocli.core.inputs import Inputs
from paretocli.errors import InputError
from paretocli.printable import one_line

# As the program keeps numbers: those in double precision are made single.
KEPT_AS = {torch.float64: torch.float32}
FORMS = (
    "(input, target, …), (input, (target, …)), or a dictionary, with targets=(…) for the keys that "
    "are targets"
)

Parts = tuple[Inputs, tuple[Tensor, ...]]
Collate = Callable[[list[Any]], Any]


def batch_of(
    items: Iterable[Any], numbers: Sequence[int], where: str, collate: Collate | None
) -> Any:
    """Items as a batch: by somebody's own function, or `stacked`.

    Args:
        items: As a data set gives them.
        numbers: Which samples they are, for the message.
        where: Of what, likewise.
        collate: Makes a batch of a list of items, of the same form as each.

    Raises:
        InputError: They cannot be stacked, or the function raises something.
    """
    if collate is None:
        return stacked(items, numbers, where)
    given = list(items)
    try:
        batch = collate(given)
    except Exception as error:  # whatever a function of somebody's own raises
        raise InputError(
            f"collate of {where} failed on {len(given)} samples ({_some(numbers)}) with "
            f"{type(error).__name__}: {first_line(error)}; mend it."
        ) from error
    made = as_tensors(batch, f"What collate of {where} gives")
    for part, tensor in enumerate(tree_leaves(made)):
        if tensor.ndim == 0 or len(tensor) != len(given):
            rows = f"{len(tensor)} row{'s' * (len(tensor) != 1)}" if tensor.ndim else "one number"
            raise InputError(
                f"collate of {where} gave {rows} in its part {part} for {len(given)} samples; "
                "each tensor should have a row for each."
            )
    return made


def stacked(items: Iterable[Any], numbers: Sequence[int], where: str) -> Any:
    """Items as one of the same form, whose tensors have a row for each of them.

    Args:
        items: Tensors, arrays, numbers, pictures or lists of numbers; tuples and dictionaries of
            these. Pictures become (C, H, W).
        numbers: Which samples they are, for the message.
        where: Of what, likewise.

    Raises:
        InputError: They are of different shapes or types, or are no numbers.
    """
    rest = iter(items)
    first = as_tensors(next(rest), f"Sample {numbers[0]} of {where}")
    leaves, form = tree_flatten(first)
    batch = [leaf.new_empty((len(numbers), *leaf.shape)) for leaf in leaves]
    for place, item in enumerate(chain([first], rest)):
        name = f"Sample {numbers[place]} of {where}"
        found, its_form = tree_flatten(as_tensors(item, name))
        if its_form != form:
            raise InputError(
                f"{name} is made of other parts than sample {numbers[0]}; all should be alike."
            )
        for part, (tensor, like, into) in enumerate(zip(found, leaves, batch, strict=True)):
            if tensor.shape != like.shape or tensor.dtype != like.dtype:
                raise InputError(
                    f"{name} has {_described(tensor)} in its part {part}, and sample "
                    f"{numbers[0]} {_described(like)}; make them alike, or give collate=, a "
                    "function of a list of items that pads them to a batch."
                )
            into[place] = tensor
    return tree_unflatten(batch, form)


def as_tensors(item: Any, name: str) -> Any:
    """An item with a tensor in place of each array, number, picture or list of numbers.

    Args:
        item: It.
        name: What it is, for the message.

    Raises:
        InputError: There is something else in it.
    """
    if isinstance(item, Mapping):
        return {key: as_tensors(value, name) for key, value in item.items()}
    if isinstance(item, tuple) or (isinstance(item, list) and not _are_numbers(item)):
        parts = [as_tensors(value, name) for value in item]
        return type(item)(*parts) if hasattr(item, "_fields") else tuple(parts)
    tensor = _tensor(item, name)
    return tensor.to(KEPT_AS.get(tensor.dtype, tensor.dtype))


def taken_apart(
    batch: Any, where: str, targets: Sequence[str] = (), inputs: Sequence[str] = ()
) -> Parts:
    """The inputs and the targets of a batch that is made up as an item is.

    Args:
        batch: (inputs, target, …), (inputs, (target, …)), (inputs, {name: target}), or a
            dictionary of all.
        where: Of what, for the message.
        targets: The keys that are targets, in the tasks' order, where they have keys.
        inputs: The keys that are inputs; all others, unless given. One alone is given as a tensor.

    Raises:
        InputError: It is made up otherwise, or lacks a key.
    """
    if isinstance(batch, Mapping):
        chosen = _values(batch, targets, where, "targets")
        names = tuple(inputs) or tuple(key for key in batch if key not in targets)
        values = _values(batch, names, where, "inputs")
        return (values[0] if len(names) == 1 else dict(zip(names, values, strict=True))), chosen
    if not isinstance(batch, tuple | list) or len(batch) < 2:
        found = f"{len(batch)} parts" if isinstance(batch, tuple | list) else type(batch).__name__
        raise InputError(f"The items of {where} should be {FORMS}; found {found}.")
    given, *rest = batch
    if len(rest) == 1 and isinstance(rest[0], Mapping):
        return given, _values(rest[0], targets, where, "targets")
    if len(rest) == 1 and isinstance(rest[0], tuple | list):
        rest = list(rest[0])
    if targets or inputs:
        raise InputError(
            f"The items of {where} have no keys, so that targets= and inputs= name nothing; leave "
            "them out."
        )
    return given, tuple(rest)


def _values(
    batch: Mapping[Any, Any], names: Sequence[str], where: str, what: str
) -> tuple[Any, ...]:
    if not names:
        raise InputError(
            f"The items of {where} are dictionaries; say which keys are {what}, as in "
            f"{what}=({', '.join(map(repr, batch))},)."
        )
    if isinstance(names, str):
        raise InputError(f"{what}= should be several keys, as in {what}=({names!r},).")
    for name in names:
        if name not in batch:
            raise InputError(
                f"The items of {where} have no {name!r}; there are "
                f"{', '.join(map(str, batch)) or 'none'}."
            )
    return tuple(batch[name] for name in names)


def _tensor(value: Any, name: str) -> Tensor:
    if isinstance(value, Tensor):
        return value.detach().as_subclass(Tensor)
    if hasattr(value, "getbands"):  # a picture of Pillow
        return _of_picture(value, name)
    if isinstance(value, bool | int | float | list):
        return torch.tensor(value)
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biuf":
        array = np.asarray(value)
        # Torch knows this machine's order of bytes alone, and no negative strides.
        return torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("=")))
    what = one_line(repr(value))[:40]
    raise InputError(
        f"{name} should be made of tensors, arrays, numbers or pictures, found "
        f"{type(value).__name__} ({what}); make numbers of it, in the data set or in collate=."
    )


def _of_picture(picture: Any, name: str) -> Tensor:
    """A picture's bands (C, H, W)."""
    if picture.mode in ("P", "PA"):
        raise InputError(
            f"{name} has a picture with a palette, whose numbers are no colours; make it one of "
            "colours with convert('RGB'), or an array where the numbers are classes."
        )
    array = np.array(picture)
    return torch.from_numpy(array if array.ndim == 2 else np.moveaxis(array, -1, 0)).reshape(
        len(picture.getbands()), *array.shape[:2]
    )


def _some(numbers: Sequence[int]) -> str:
    """The first few numbers."""
    return ", ".join(map(str, numbers[:4])) + (", …" if len(numbers) > 4 else "")


def _are_numbers(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(value, bool | int | float) for value in values)


def _described(tensor: Tensor) -> str:
    return f"{tuple(tensor.shape)} of {str(tensor.dtype).removeprefix('torch.')}"
