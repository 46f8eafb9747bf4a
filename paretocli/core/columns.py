"""Inputs and targets from arrays and from the columns of a data frame."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from paretocli.core.inputs import tensors_of
from paretocli.core.items import Parts, as_tensors
from paretocli.errors import InputError


def is_frame(data: Any) -> bool:
    """Whether something is a data frame, as those of pandas."""
    return hasattr(data, "columns") and hasattr(data, "to_numpy")


def of_frame(frame: Any, targets: Sequence[str], inputs: Sequence[str]) -> Parts:
    """Inputs (N, d) in single precision and targets (N,) from columns.

    Args:
        frame: A data frame.
        targets: The columns that are targets, in the tasks' order.
        inputs: Those that are inputs; all others, unless given.

    Raises:
        InputError: There is no such column, or it holds no numbers.
    """
    there = list(frame.columns)
    if isinstance(targets, str) or not targets:
        raise InputError(
            "Say which columns are targets, in the tasks' order, as in "
            f"targets=({', '.join(map(repr, there[-2:]))},)."
        )
    inputs = tuple(inputs) or tuple(name for name in there if name not in targets)
    for name in (*inputs, *targets):
        if there.count(name) != 1:
            raise InputError(
                f"There should be one column {name!r}, found {there.count(name)}; the columns are "
                f"{', '.join(map(str, there))}."
            )
    columns = [_column(frame, name) for name in inputs]
    if not columns:
        raise InputError("All columns are targets; there should be some that are inputs.")
    return torch.stack([column.float() for column in columns], dim=1), tuple(
        _column(frame, name) for name in targets
    )


def of_arrays(inputs: Any, targets: Iterable[Any]) -> Parts:
    """Inputs and targets from tensors or arrays, a row a sample.

    Args:
        inputs: One (N, …), or a tuple or dictionary of such.
        targets: One (N, …) a task.

    Raises:
        InputError: They are no arrays of numbers, or not equally long.
    """
    given = as_tensors(inputs, "What is given as inputs")
    found = tuple(
        as_tensors(target, f"What is given as target {place}")
        for place, target in enumerate(targets)
    )
    sizes = {
        len(tensor) if tensor.ndim else 0
        for tensor in (*tensors_of(given).values(), *found)
        if isinstance(tensor, Tensor)
    }
    if len(sizes) != 1 or 0 in sizes:
        raise InputError(
            "Inputs and targets should be arrays with a row a sample, equally many, found "
            f"{', '.join(map(str, sorted(sizes)))} rows."
        )
    return given, found


def _column(frame: Any, name: str) -> Tensor:
    """A column of numbers (N,)."""
    values = frame[name]
    if not (hasattr(values.dtype, "kind") and values.dtype.kind in "biuf"):
        raise InputError(
            f"The column {name!r} holds no numbers but {values.dtype}; make numbers of it first, "
            "as .astype('category').cat.codes does of texts."
        )
    if bool(values.isna().any()):  # of whole numbers too, in a type of pandas' own
        return torch.from_numpy(values.to_numpy(dtype=np.float32, na_value=np.nan))
    array = values.to_numpy(dtype=np.dtype(f"{values.dtype.kind}{values.dtype.itemsize}"))
    tensor: Tensor = as_tensors(np.array(array), f"The column {name!r}")
    return tensor
