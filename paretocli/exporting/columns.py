"""Which columns of a table a small network still reads."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def unread_columns(network: nn.Module, inputs: Tensor, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of which a network reads nothing: with NaN in their place its outputs are equal.

    Args:
        network: Without the rows that are zero; what is multiplied by 0 is read all the same.
        inputs: Some samples (B, D), finite.
        columns: The column from which each input comes (D,).
    """
    before = network(inputs)
    found = []
    for column in dict.fromkeys(columns):
        theirs = torch.tensor([one == column for one in columns])
        outputs = network(inputs.masked_fill(theirs, torch.nan))
        if all(map(torch.equal, outputs, before)):
            found.append(column)
    return tuple(found)
