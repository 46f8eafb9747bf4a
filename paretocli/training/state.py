"""Training states that were read from a file."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def refuse_other_shapes(found: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Refuse a state with a tensor that a trainer has in another shape, or as something else.

    Where a tensor is copied into another one, torch repeats it until it fits.

    Args:
        found: The state.
        own: What the trainer gives as its state, with names that older states may lack.

    Raises:
        ValueError: There is such a tensor.
    """
    for name, value in found.items():
        mine = own.get(name)
        if isinstance(mine, Mapping):
            refuse_other_shapes(value, mine)
        elif isinstance(mine, Tensor) and mine.shape != value.shape:
            raise ValueError(f"{name} has the shape {tuple(value.shape)}, not {tuple(mine.shape)}.")
