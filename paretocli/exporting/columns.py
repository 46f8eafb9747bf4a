"""Which columns of a table a small network still reads."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def unread_columns(network: nn.Module, inputs: Tensor, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns of which a network reads nothing: with NaN or 1 in its place they are equal.

    Args:
        network: Without the rows that are zero; what is multiplied by 0 is read all the same.
        inputs: Some samples (B, D), finite.
        columns: The column from which each input comes (D,).
    """
    before = network(inputs)
    found = []
    for column in dict.fromkeys(columns):
        theirs = torch.tensor([one == column for one in columns])
        # An embedding takes NaN for no category, which is what some samples may have anyway.
        others = (network(inputs.masked_fill(theirs, value)) for value in (torch.nan, 1))
        if all(
            torch.equal(*pair) for outputs in others for pair in zip(outputs, before, strict=True)
        ):
            found.append(column)
    return tuple(found)
