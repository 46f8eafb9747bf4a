"""How long two networks take for a batch, called in turn."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from paretocli.timing.in_turn import Times, timed_in_turn


@torch.no_grad()
def latencies(
    pairs: Mapping[str, Sequence[Callable[..., Any]]], batches: Mapping[int, Sequence[Tensor]]
) -> dict[str, list[Times]]:
    """Time functions on batches.

    Args:
        pairs: Functions of a batch's tensors, by what runs them; those of one are called in turn.
        batches: Some batches by their sizes.

    Returns:
        Times of each function, by what runs it and the size, such as `torch, batch 1`.
    """
    return {
        f"{engine}, batch {size}": timed_in_turn([partial(one, *batch) for one in functions])
        for engine, functions in pairs.items()
        for size, batch in batches.items()
    }
