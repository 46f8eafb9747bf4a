"""Which rows go first where a network has to be smaller than sparsity alone has made it."""

from collections.abc import Mapping

import torch
from torch import Tensor

from paretocli.sparsity.layers import row_norms, rows_first

Row = tuple[str, int]


@torch.no_grad()
def shortest_first(weights: Mapping[str, Tensor], spared: Mapping[str, int]) -> list[Row]:
    """The rows of a network that are not zero, by layer and place, the shortest first.

    Rows of different layers are compared by their share of the longest row of their layer, for a
    layer can be multiplied by a number and the next one divided by it.

    Args:
        weights: (out, R, …) by the layer's name.
        spared: For each layer, how many of its longest rows are left out.
    """
    found = []
    for name, weight in weights.items():
        norms = row_norms(weight.unsqueeze(0))[0].cpu().double()
        order = norms.argsort(descending=True, stable=True)[spared[name] :].tolist()
        longest = float(norms.max())
        found += [(float(norms[row]) / longest, name, row) for row in order if norms[row] > 0]
    return [(name, row) for _, name, row in sorted(found)]


@torch.no_grad()
def make_zero(weights: Mapping[str, Tensor], rows: list[Row]) -> None:
    """Make rows of a network's weights (out, R, …) zero, in place."""
    for name in dict(rows):
        places = torch.tensor([row for layer, row in rows if layer == name])
        rows_first(weights[name].unsqueeze(0))[0].index_fill_(0, places.to(weights[name].device), 0)
