"""One network that reads the weights beside its inputs: COSMOS.

A layer that reads x beside the weights c computes W x + V c + b. All samples of a step have the
same weights, so that for each c it is an ordinary layer with the bias b + V c, and the network of
a point is an ordinary network.
"""

from collections.abc import Collection

import torch
from torch import Tensor, nn

from paretocli.population.copies import Copies
from paretocli.population.ends import BY_WEIGHTS

START = 0.5  # the standard deviation of V


class ConditionedEnds:
    """One network θ_0 whose vectors b shift with the weights, b(c) = b + V c; used like `Ends`.

    V is drawn at random, so that features differ with the weights from the start.

    Args:
        network: θ_0 begins as it is.
        count: m, how many weights there are.
        vectors: The names of b.
        device: Where it is.
        seed: Of V.

    References:
        Ruchte and Grabocka, *Scalable Pareto Front Approximation for Deep Multi-Objective
        Learning*, arXiv:2103.13392.
    """

    def __init__(
        self,
        network: nn.Module,
        count: int,
        vectors: Collection[str],
        *,
        device: torch.device,
        seed: int,
    ) -> None:
        self.copies = Copies(network, 1, device=device)
        self._vectors = tuple(vectors)
        generator = torch.Generator().manual_seed(seed)
        for name in self._vectors:
            vector = self.copies.parameters[name]
            # As a layer of torch has it: a row for each number of the vector.
            drawn = torch.randn(1, vector.shape[1], count, generator=generator)
            shift = (START * drawn).to(vector)
            self.copies.parameters[f"{name}{BY_WEIGHTS}"] = shift.requires_grad_()

    @torch.no_grad()
    def mix_into_(self, networks: Copies, shares: Tensor) -> None:
        """As `paretocli.population.ends.Ends.mix_into_`."""
        own = self.copies.parameters
        for name, tensor in networks.parameters.items():
            tensor.copy_(own[name].expand(tensor.shape))
            if name in self._vectors:
                tensor.add_(shares.to(tensor.dtype) @ own[f"{name}{BY_WEIGHTS}"][0].T)

    @torch.no_grad()
    def take_gradient_(self, networks: Copies, shares: Tensor) -> None:
        """As `paretocli.population.ends.Ends.take_gradient_`, by the chain rule alone.

        ∇θ_0 = 1/S Σ_s ∇θ(c_s),   ∇V = 1/S Σ_s ∇b(c_s) c_sᵀ
        """
        own = self.copies.parameters
        for name, tensor in networks.parameters.items():
            found = tensor.grad
            own[name].grad = None if found is None else found.mean(dim=0, keepdim=True)
            if name in self._vectors:
                of_weights = None if found is None else found.T @ shares.to(found) / len(found)
                own[f"{name}{BY_WEIGHTS}"].grad = (
                    None if of_weights is None else of_weights.unsqueeze(0)
                )
