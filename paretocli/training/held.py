"""Networks that skip a step: afterwards they, and what their optimisers keep, are as before."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


@contextmanager
def held(
    parameters: Mapping[str, Tensor], optimizers: Sequence[Optimizer], rows: Tensor
) -> Iterator[None]:
    """Leave some networks out of a step of optimisers of stacked parameters.

    But for the number of steps, which is one for all: a step that is skipped counts.

    Args:
        parameters: (K, …) by name. The gradient of those that are left out should be zero: so what
            an optimiser begins to keep in this step begins with nothing of theirs.
        optimizers: They step them.
        rows: The places of those that are left out.
    """
    size = len(next(iter(parameters.values())))
    tensors = [parameter.detach() for parameter in parameters.values()]
    before = [tensor[rows] for tensor in tensors]
    states: list[tuple[dict[str, Any], str, Tensor]] = [
        (state, name, kept[rows])
        for optimizer in optimizers
        for state in optimizer.state.values()
        for name, kept in state.items()
        if isinstance(kept, Tensor) and kept.dim() and len(kept) == size
    ]
    yield
    with torch.no_grad():
        for tensor, own in zip(tensors, before, strict=True):
            tensor[rows] = own
        for state, name, own in states:
            state[name][rows] = own
