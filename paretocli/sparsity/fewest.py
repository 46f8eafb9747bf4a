"""As few zero rows as make a network as small as it is to be."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from paretocli.sparsity.layers import rows_first
from paretocli.sparsity.magnitude import Row
from paretocli.sparsity.objective import SparsityObjective

Network = dict[str, Tensor]


@torch.no_grad()
def make_zero(weights: Mapping[str, Tensor], rows: Sequence[Row]) -> None:
    """Make rows of a network's weights (out, R, …) zero, in place."""
    for name in dict(rows):
        places = torch.tensor([row for layer, row in rows if layer == name])
        rows_first(weights[name].unsqueeze(0))[0].index_fill_(0, places.to(weights[name].device), 0)


@torch.no_grad()
def without_rows(
    network: Mapping[str, Tensor], sparsity: SparsityObjective, rows: Sequence[Row]
) -> Network:
    """The counted layers of a network with some rows of their blocks zero; copies.

    Args:
        network: Its tensors by name.
        sparsity: Knows whose rows count, and which of them belong together.
        rows: By the block's name and place.
    """
    counted = {name: network[name].unsqueeze(0) for name in sparsity.names}
    blocks = {name: block.clone() for name, block in sparsity.joined(counted).items()}
    make_zero({name: block[0] for name, block in blocks.items()}, list(rows))
    return {name: layer[0] for name, layer in sparsity.blocks.apart(blocks, counted).items()}


def with_fewest_zero(
    network: Mapping[str, Tensor],
    sparsity: SparsityObjective,
    rows: Sequence[Row],
    excess: Callable[[Mapping[str, Tensor]], float],
) -> Network | None:
    """The counted layers without the first of some rows, as few of them as will do.

    Args:
        network: Its tensors by name.
        sparsity: Knows whose rows count, and which of them belong together.
        rows: In the order in which they go.
        excess: The size of a network over what it is to be at most; falls as rows go.

    Returns:
        None where even without all of them it would be too large.
    """

    def found(count: int) -> Network:
        return without_rows(network, sparsity, rows[:count])

    def fits(count: int) -> bool:
        return excess({**network, **found(count)}) <= 1

    if fits(0):
        return found(0)
    if not fits(len(rows)):
        return None
    too_few, enough = 0, len(rows)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if fits(middle):
            enough = middle
        else:
            too_few = middle
    return found(enough)
