"""How much of a network's size each counted layer, or block of grouped rows, decides on.

A zero row takes more with it than itself: the neuron or channel that made what it read, with its
bias and batch norm. In a network of fully connected layers that is most of what leaves.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter

import torch
from torch import Tensor

from paretocli.compaction.program import first_line
from paretocli.compaction.quiet import quiet
from paretocli.compaction.shipping import Size, compact_network, size_of
from paretocli.core.as_used import raw_inputs
from paretocli.errors import InputError
from paretocli.sparsity.blocks import Block, Blocks
from paretocli.sparsity.grouping import NONE, Grouping
from paretocli.sparsity.layers import Layer
from paretocli.sparsity.objective import own_shares
from paretocli.sweeping.sizes import TracedNetwork

OWN = "own"
# What a size is counted in, by the name of the choice.
_COUNTS: Mapping[str, Callable[[Size], int | None]] = {
    "parameters": attrgetter("parameters"),
    "macs": attrgetter("macs"),
}
_OWN_COUNT = "Each layer counts by its own parameters for sparsity"
SPARSITY_OF = (*_COUNTS, OWN)


def sparsity_shares(
    of: str, layers: Sequence[Layer], traced: TracedNetwork, grouping: Grouping = NONE
) -> tuple[tuple[float, ...], str]:
    """The share of each block in f_0, and a note where it is not what was asked for.

    A block is a layer, or what `grouping` joins. By `parameters` or `macs`, one of R rows has the
    share of what R rows would take out of the compact network, were each worth the mean of the
    first R − 1. By `own`, that of its own parameters; so count blocks too from which nothing
    leaves, as from those of fused operations.

    Args:
        of: One of `SPARSITY_OF`.
        layers: The counted layers.
        traced: The network, which stays what it is; best a fresh one without zero rows.
        grouping: Rows that become zero together.

    Returns:
        Numbers (L,) that sum to 1, in the order of the blocks.
    """
    blocks = Blocks(layers, grouping).each
    if of == OWN or len(blocks) < 2:  # one block has the whole share, whatever it counts by
        return own_shares(blocks), ""
    try:
        with quiet():
            leaving = _leaving(_COUNTS[of], blocks, traced)
    except InputError as error:
        return own_shares(blocks), f"{_OWN_COUNT}: {str(error).removesuffix('.')}."
    except Exception as error:  # a network that cannot be made small can be trained all the same
        reason = (
            f"the network could not be made small ({type(error).__name__}, {first_line(error)})"
        )
        return own_shares(blocks), f"{_OWN_COUNT}: {reason}."
    if leaving is None or sum(leaving) <= 0:
        return own_shares(blocks), f"{_OWN_COUNT}: what leaves with its rows cannot be counted."
    stay = [block.name for block, size in zip(blocks, leaving, strict=True) if size <= 0]
    counted = [
        size if size > 0 else block.parameters for block, size in zip(blocks, leaving, strict=True)
    ]
    note = (
        f"{', '.join(stay)}: zero rows there make the compact network no smaller; for sparsity "
        "it counts by its own parameters."
        if stay
        else ""
    )
    return tuple(size / sum(counted) for size in counted), note


def _leaving(
    count: Callable[[Size], int | None], blocks: Sequence[Block], traced: TracedNetwork
) -> list[float] | None:
    """What leaves with all rows of each block; None where it cannot be counted.

    Raises:
        InputError: The network has no fixed graph.
    """
    tracing = traced.tracing
    sample = tuple(raw_inputs(traced.problem, 1).values())
    parameters = dict(traced.network.named_parameters())
    dense = count(size_of(compact_network(tracing), sample))
    found = []
    for block in blocks:
        with _one_row(block, parameters):
            left = count(size_of(compact_network(tracing), sample))
        if dense is None or left is None:
            return None
        found.append((dense - left) * block.rows / max(1, block.rows - 1))
    return found


@contextmanager
@torch.no_grad()
def _one_row(block: Block, parameters: Mapping[str, Tensor]) -> Iterator[None]:
    """Have a block with its first row alone for a while."""
    weights = {name: parameters[name] for name in block.layers}
    before = {name: weight.detach().clone() for name, weight in weights.items()}
    for member in block.members:
        weights[member.layer.name][:, member.places[:, 1:].flatten()] = 0
    try:
        yield
    finally:
        for name, weight in weights.items():
            weight.copy_(before[name])
