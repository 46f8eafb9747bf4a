"""A size that a network is to have at most: where its search ends above, rows go."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from paretocli.population.copies import Copies
from paretocli.sparsity.fewest import with_fewest_zero
from paretocli.sparsity.magnitude import smallest_first
from paretocli.sparsity.objective import SparsityObjective
from paretocli.training.retrained import Retrained


class SizeLimit:
    """Makes rows of networks zero until they are as small as they are to be.

    The exported size falls in steps, and weights lead to it within some rows at best, after a short
    search not even that; what is missing is a projection onto the networks that are small enough,
    as iterative hard thresholding makes it (Blumensath and Davies, 2009), here in the order of
    magnitude pruning. Retraining follows.

    Args:
        excess: The size of a network over the limit, from its tensors by name.

    Attributes:
        retrained: What those networks were retrained to that the search started from; what is left
            of one that becomes smaller begins with that.
    """

    def __init__(self, excess: Callable[[Mapping[str, Tensor]], float]) -> None:
        self._excess = excess
        self.retrained: Retrained | None = None

    def holds(self, tensors: Mapping[str, Tensor]) -> bool:
        """Whether a network, given by its tensors by name, is small enough."""
        return self._excess(tensors) <= 1

    @torch.no_grad()
    def keep_(self, population: Copies, sparsity: SparsityObjective, healthy: Tensor) -> None:
        """Make rows zero, in place, of those networks that are too large.

        As few as do; none where even all that may become zero would not.

        Args:
            population: The networks.
            sparsity: Knows whose rows count, and how many have to stay.
            healthy: (K,), the others stay as they are.
        """
        shrunk = torch.zeros(len(healthy), dtype=torch.bool)
        for member in healthy.nonzero().flatten().tolist():
            tensors = {name: t[member] for name, t in population.state_dict().items()}
            if self.holds(tensors):
                continue
            blocks = sparsity.joined({name: tensors[name].unsqueeze(0) for name in sparsity.names})
            rows = smallest_first({name: b[0] for name, b in blocks.items()}, sparsity.least)
            smaller = with_fewest_zero(tensors, sparsity, rows, self._excess)
            shrunk[member] = smaller is not None
            for name, layer in (smaller or {}).items():
                tensors[name].copy_(layer)
        if self.retrained is not None:
            self.retrained.put_(population, sparsity, shrunk)
