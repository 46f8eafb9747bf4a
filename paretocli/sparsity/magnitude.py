"""Which rows of a network magnitude pruning takes first."""

from collections.abc import Mapping

import torch
from torch import Tensor

from paretocli.sparsity.layers import row_norms

Row = tuple[str, int]  # the layer, or the block of several, and the place in it


@torch.no_grad()
def smallest_first(
    weights: Mapping[str, Tensor], spared: Mapping[str, int], cost: float = 0.0
) -> list[Row]:
    """The rows of a network that are not zero, by layer and place, in the order of pruning.

    The score of layer-adaptive magnitude pruning (Lee, Park, Mo, Ahn and Shin, *Layer-adaptive
    sparsity for the magnitude-based pruning*, ICLR 2021), with rows for its single weights: a
    row's squared norm over the sum of those of its layer that are at least as long. It bounds what
    its loss changes of the network's output, needs no sparsity rate of each layer, and is 1 for
    the longest row, so that no layer vanishes before the others.

    Args:
        weights: (out, R, …) by the layer's name.
        spared: For each layer, how many of its longest rows are left out.
        cost: The power of a row's number of parameters that its score is divided by: 0 is the
            published score, 1 what a row is worth for each parameter that goes with it.
    """
    found = []
    for name, weight in weights.items():
        squares = row_norms(weight.unsqueeze(0))[0].cpu().double().square()
        order = squares.argsort(descending=True, stable=True)
        scores = squares[order] / squares[order].cumsum(0) / (weight[:, :1].numel() ** cost)
        rows = list(zip(scores.tolist(), order.tolist(), strict=True))[spared[name] :]
        found += [(score, name, row) for score, row in rows if score > 0]
    return [(name, row) for _, name, row in sorted(found)]
