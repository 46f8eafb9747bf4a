"""What is claimed of subproblems, as long as no loss has fallen below its ideal."""

import torch
from torch import Tensor

from paretocli.solvers.base import Solver


class Claims:
    """Gaps and Chebyshev values, of networks whose training losses all stayed above the ideal.

    Where the ideal is no bound, balance as the weights ask means nothing.

    Args:
        solver: Knows the ideal, and works out the figures.

    Attributes:
        below_ideal: Which objectives' training losses have fallen below their ideal so far (K, m).
    """

    def __init__(self, solver: Solver) -> None:
        self._solver = solver
        self.below_ideal = torch.zeros(solver.scalarization.weights.shape, dtype=torch.bool)

    def gap(self, losses: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """The gap on training losses (K, m) and the relative one, NaN where none is claimed.

        From losses below their ideal on, nothing is claimed.
        """
        self.below_ideal |= self._solver.scalarization.below_ideal(losses).cpu()
        gap, relative_gap = self._solver.gap(losses)
        if gap is None or relative_gap is None:
            return None, None
        return self._claimed(gap), self._claimed(relative_gap)

    def chebyshev_value(self, losses: Tensor) -> Tensor:
        """The Chebyshev value of losses (K, m), NaN where it is not claimed."""
        return self._claimed(self._solver.chebyshev_value(losses))

    def _claimed(self, figures: Tensor) -> Tensor:
        below = self.below_ideal.any(dim=1).to(figures.device)
        if self._solver.joins:  # the figure of one is that of all
            below = below.any().expand(len(below))
        return figures.masked_fill(below, torch.nan)
