"""Data sets of torch, or what is read like them: items by their numbers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from paretocli.errors import InputError
from paretocli.printable import one_line


def refuse_no_dataset(data: Any) -> None:
    """Refuse what has no items that are read by their numbers, or none at all.

    Args:
        data: Whatever somebody gave.

    Raises:
        InputError: It is so.
    """
    what = type(data).__name__
    if isinstance(data, DataLoader):
        raise InputError(
            "A data set is wanted, found a DataLoader; hand over loader.dataset, and its "
            "collate_fn as collate= where that is its own."
        )
    if isinstance(data, Tensor | np.ndarray | Mapping):
        raise InputError(
            f"A data set is wanted, found {what}; hand over inputs and targets as arrays, as in "
            "Samples.of(inputs, (target, …))."
        )
    if isinstance(data, IterableDataset) or not (
        hasattr(data, "__len__") and hasattr(data, "__getitem__")
    ):
        raise InputError(
            f"A data set should say how many items it has and give each by its number "
            f"(__len__ and __getitem__), found {what}; put what it yields into a list first."
        )
    if len(data) == 0:
        raise InputError(f"The data set {what} has no items.")


def item_of(dataset: Any, row: int, where: str) -> Any:
    """An item by its number.

    Args:
        dataset: It.
        row: The number, from 0.
        where: Of what, for the message.

    Raises:
        InputError: Reading it raised something.
    """
    try:
        return dataset[row]
    except Exception as error:  # whatever a data set of somebody's own raises
        raise InputError(
            f"Sample {row} of {where} cannot be read: {type(error).__name__}: "
            f"{first_line(error)}; mend it, or leave it out of the data set."
        ) from error


def first_line(error: BaseException) -> str:
    """What an exception says, in one line."""
    return one_line((str(error).strip().splitlines() or ["(no message)"])[0]).removesuffix(".")
