"""A size that a network is to have at most: where its search ends above, rows go."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from paretocli.population.copies import Copies
from paretocli.sparsity.fewest import Network, with_fewest_zero
from paretocli.sparsity.magnitude import smallest_first
from paretocli.sparsity.objective import SparsityObjective
from paretocli.training.retrained import Retrained

COSTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much the parameters of rows may count in which go first, as in `smallest_first`."""


class SizeLimit:
    """Makes rows of networks zero until they are as small as they are to be.

    The exported size falls in steps, and weights lead to it within some rows at best, after a short
    search not even that; what is missing is a projection onto the networks that are small enough,
    as iterative hard thresholding makes it (Blumensath and Davies, 2009). Rows go in an order of
    magnitude pruning. Which one serves depends on the network: where wide layers have given all
    that they can, rows with more parameters have to go. So there are several, and the best network
    is taken. Retraining follows.

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
    def keep_(
        self,
        population: Copies,
        sparsity: SparsityObjective,
        healthy: Tensor,
        value: Callable[[], Tensor],
    ) -> None:
        """Make rows zero, in place, of those networks that are too large.

        As few as do; none where even all that may become zero would not.

        Args:
            population: The networks.
            sparsity: Knows whose rows count, and how many have to stay.
            healthy: (K,), the others stay as they are.
            value: How good the networks are as they are (K,); less is better.
        """
        state = population.state_dict()
        smaller = {
            member: self._smaller({name: t[member] for name, t in state.items()}, sparsity)
            for member in healthy.nonzero().flatten().tolist()
        }
        smaller = {member: found for member, found in smaller.items() if found}

        def put(chosen: Mapping[int, int]) -> None:
            for member, place in chosen.items():
                for name, layer in smaller[member][place].items():
                    state[name][member].copy_(layer)
            if self.retrained is not None:
                members = torch.tensor([member in chosen for member in range(len(healthy))])
                self.retrained.put_(population, sparsity, members)

        values = []
        orders = max(map(len, smaller.values()), default=0)
        for order in range(orders if orders > 1 else 0):
            put({member: min(order, len(found) - 1) for member, found in smaller.items()})
            values.append(value().cpu().nan_to_num(torch.inf))
        best = torch.stack(values).argmin(dim=0).tolist() if values else [0] * len(healthy)
        put({member: min(best[member], len(found) - 1) for member, found in smaller.items()})

    def _smaller(self, tensors: Mapping[str, Tensor], sparsity: SparsityObjective) -> list[Network]:
        """The layers that count of a network that is small enough, by each order that differs."""
        if self.holds(tensors):
            return []
        blocks = sparsity.joined({name: tensors[name].unsqueeze(0) for name in sparsity.names})
        weights = {name: block[0] for name, block in blocks.items()}
        found: list[Network] = []
        for cost in COSTS:
            rows = smallest_first(weights, sparsity.least, cost)
            one = with_fewest_zero(tensors, sparsity, rows, self._excess)
            if one is not None and not any(_same(one, other) for other in found):
                found.append(one)
        return found


def _same(one: Network, other: Network) -> bool:
    return all(one[name].equal(other[name]) for name in one)
