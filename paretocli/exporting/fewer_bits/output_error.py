"""How far outputs are off, relative to how much they vary."""

from collections.abc import Sequence

import torch
from torch import Tensor


class OutputError:
    """Adds up, batch for batch, how far outputs are off that are to be the same."""

    def __init__(self) -> None:
        self._counts: Tensor | None = None  # per output: numbers, their sum, squares, squared error
        self._other = False  # numbers where the others have none, or the other way round

    def add(self, exact: Sequence[Tensor], found: Sequence[Tensor]) -> None:
        """Take a batch into account.

        Args:
            exact: The outputs as they should be, tensors (B, …).
            found: As they are.
        """
        rows = []
        for one, other in zip(exact, found, strict=True):
            there = one.isfinite()
            self._other |= not bool((other.isfinite() == there).all())
            right, off = one[there].double(), other[there].double() - one[there].double()
            rows.append([len(right), *map(float, (right.sum(), right @ right, off @ off))])
        sums = torch.tensor(rows, dtype=torch.float64).reshape(-1, 4)
        self._counts = sums if self._counts is None else self._counts + sums

    def largest(self) -> float:
        """The largest of all outputs: the root of squared errors over squared deviations."""
        if self._other or self._counts is None:
            return float("inf") if self._other else 0.0
        count, total, squares, errors = self._counts.unbind(dim=1)
        spread = (squares - total * total / count.clamp(min=1)).clamp(min=0)
        # Rounding leaves something of a spread that is none.
        spread = torch.where(spread > 1e-13 * squares, spread, 0.0)
        found: list[float] = torch.where(errors > 0, errors / spread, 0.0).sqrt().tolist()
        return max([0.0, *found])


def output_error(exact: Sequence[Tensor], found: Sequence[Tensor]) -> float:
    """How far outputs (B, …) are off, all at once."""
    error = OutputError()
    error.add(exact, found)
    return error.largest()
