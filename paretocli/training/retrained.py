"""What the networks that a search started from were retrained to: values for the rows it leaves.

Where rows are taken away for a size, the search says which; but it began where another search
ended, short of what that one's network reached when it was retrained. What of that network is left
is the better start, as in iterative pruning (Han, Pool, Tran and Dally, NeurIPS 2015).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.population.copies import Copies
from paretocli.sparsity.layers import row_norms
from paretocli.sparsity.objective import SparsityObjective


@dataclass(frozen=True, eq=False)
class Retrained:
    """The retrained networks that members of a population started from.

    Attributes:
        tensors: Of the networks (K, …), by name; whatever they are where there is none.
        there: (K,), who started from one.
    """

    tensors: Mapping[str, Tensor]
    there: Tensor

    @torch.no_grad()
    def put_(self, population: Copies, sparsity: SparsityObjective, members: Tensor) -> None:
        """Give some networks these values, in place, where the rows of both are not zero.

        Rows that are zero stay so, and those that are zero here alone keep their own values.

        Args:
            population: The networks.
            sparsity: Knows whose rows count.
            members: (K,), who gets them, as far as there are any.
        """
        state = population.state_dict()
        own, theirs = ({n: one[n] for n in sparsity.names} for one in (state, self.tensors))
        blocks, found = sparsity.joined(theirs), {}
        for name, rows in sparsity.joined(own).items():
            both = (row_norms(rows) > 0) & (row_norms(blocks[name]) > 0)
            mask = both.reshape(len(both), 1, -1, *[1] * (rows.dim() - 3))
            found[name] = torch.where(mask, blocks[name], rows)
        whole = {**self.tensors, **sparsity.blocks.apart(found, own)}
        chosen = members.cpu() & self.there.cpu()
        for member in chosen.nonzero().flatten().tolist():
            for name, tensor in state.items():
                if name in whole:
                    tensor[member] = whole[name][member]
