"""What was handed over as a split of the data: samples, or something else that people have."""

from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader

from paretocli.core.samples import Samples
from paretocli.errors import InputError

# What data has that is read as it is needed; `len` is looked for apart.
PROTOCOL = ("rows", "to", "checksum")


def refuse_no_data(data: Any, where: str) -> None:
    """Refuse what is neither `Samples` nor follows the protocol `Data`.

    Args:
        data: Whatever somebody gave.
        where: As which split, at the start of the sentence.

    Raises:
        InputError: It is so.
    """
    if isinstance(data, Samples):
        return
    lacking = [name for name in PROTOCOL if not callable(getattr(data, name, None))]
    # Tensors and data frames have a few of these names by chance.
    if not lacking and hasattr(data, "__len__") and not isinstance(data, Tensor):
        return
    raise InputError(f"{where} is of type {type(data).__name__}; {_instead(data)}.")


def _instead(data: Any) -> str:
    if isinstance(data, DataLoader):
        return (
            "hand over its data set, as LazySamples(loader.dataset, collate=loader.collate_fn) or, "
            "held in memory, Samples.of(loader.dataset)"
        )
    if isinstance(data, Tensor | np.ndarray):
        return "inputs and targets go together, as Samples.of(inputs, (target, …))"
    if hasattr(data, "columns"):
        return "say which columns are targets, as Samples.of(frame, targets=(column, …))"
    if isinstance(data, tuple):
        return "make samples of it, as Samples.of(inputs, (target, …))"
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        return (
            "make samples of it: Samples.of(dataset) in memory, LazySamples(dataset) as they are "
            "needed"
        )
    return (
        "it should be Samples, LazySamples, or an object with the methods of paretocli.Data: "
        f"__len__, {', '.join(PROTOCOL)}"
    )
