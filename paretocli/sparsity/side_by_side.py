"""Numbers of the rows of several blocks in one tensor, so that each operation is done once for all.

For so few numbers what takes time is to tell a GPU, or a CPU, what to do with them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


class SideBySide:
    """The order of rows in a tensor (…, B, R), R being the rows of the longest block.

    Args:
        rows: How many rows each of the B blocks has.
        device: Where the numbers are.

    Attributes:
        filler: The places (B, R) beyond the rows of a block.
        filled: Whether there are any.
    """

    def __init__(self, rows: Sequence[int], device: torch.device | None) -> None:
        self.rows = tuple(rows)
        longest = max(rows)
        self.filled = min(rows) < longest
        places, counts = torch.arange(longest), torch.tensor(rows).unsqueeze(1)
        beyond = places >= counts
        first = counts.cumsum(0) - counts
        # Beyond its rows a block has the number that comes after all others.
        self._index = torch.where(beyond, sum(rows), first + places).flatten().to(device)
        self.filler = beyond.to(device)

    def together(self, each: Sequence[Tensor]) -> Tensor:
        """Numbers (K, B, R) from those of each block's rows (K, R_b), zero beyond them."""
        if not self.filled:
            return torch.stack(list(each), dim=1)
        flat = torch.cat([*each, each[0].new_zeros(len(each[0]), 1)], dim=1)
        return flat.index_select(1, self._index).view(len(flat), *self.filler.shape)

    def apart(self, numbers: Tensor) -> list[Tensor]:
        """Views (K, R_b) of numbers (K, B, R), those of each block's own rows."""
        each = zip(numbers.unbind(dim=1), self.rows, strict=True)
        return [of_block[:, :rows] for of_block, rows in each]
