"""Mixtures of m networks, the ends of a manifold: θ(c) = Σ_i c_i θ_i with c on the simplex."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from paretocli.population.copies import Copies

DOWN, UP = "@down", "@up"
"""What follows a matrix' name in those of the two factors of its differences."""

BY_WEIGHTS = "@weights"
"""What follows a vector's name in that of the matrix by which weights shift it."""


class Ends(Protocol):
    """m networks that are mixed.

    Attributes:
        copies: Their parameters, as an optimiser has them.
    """

    copies: Copies

    def mix_into_(self, networks: Copies, shares: Tensor) -> None:
        """Make networks mixtures; their buffers stay as they are.

        Args:
            networks: S of the same kind, written over.
            shares: c (S, m), rows on the simplex.
        """

    def take_gradient_(self, networks: Copies, shares: Tensor) -> None:
        """Put the mixtures' gradient into that of the ends, by the chain rule.

            ∇θ_i = m/S Σ_s c_si ∇θ(c_s)

        A mixture's own step is Σ_i c_i times those of the ends, and a share is 1/m on average: with
        m as factor it is about as long as that of a network by itself. What has no gradient gets
        none.

        Args:
            networks: The S mixtures, with gradients.
            shares: c (S, m), by which they were mixed.
        """


class WholeEnds:
    """Ends with all of their parameters.

    Args:
        network: Where each begins.
        count: m.
        device: Where they are.
    """

    def __init__(self, network: nn.Module, count: int, *, device: torch.device) -> None:
        self.copies = Copies(network, count, device=device)

    @torch.no_grad()
    def mix_into_(self, networks: Copies, shares: Tensor) -> None:
        """As `Ends.mix_into_`."""
        for name, tensor in networks.parameters.items():
            end = self.copies.parameters[name]
            mixed = shares.to(end.dtype) @ end.reshape(len(end), -1)
            tensor.copy_(mixed.view(tensor.shape))

    def take_gradient_(self, networks: Copies, shares: Tensor) -> None:
        """As `Ends.take_gradient_`."""
        factor = shares.shape[1] / shares.shape[0]
        for name, end in self.copies.parameters.items():
            found = networks.parameters[name].grad
            if found is None:
                end.grad = None
                continue
            own = factor * shares.to(found.dtype).T @ found.reshape(len(found), -1)
            end.grad = own.view(end.shape)


class LowRankEnds:
    """Ends that differ by matrices of a low rank: θ_i = θ_0 + U_i D_i.

    A convolution's kernel is the matrix (out, in · kernel). All vectors are common, and so is
    everything at the start, for U is zero.

    Args:
        network: θ_0 begins as it is.
        count: m.
        rank: Of the differences, at most.
        device: Where they are.
        seed: Of D.

    References:
        Dimitriadis, Frossard and Fleuret, *Pareto Low-Rank Adapters: Efficient Multi-Task Learning
        with Preferences*, arXiv:2407.08056.
    """

    def __init__(
        self, network: nn.Module, count: int, rank: int, *, device: torch.device, seed: int
    ) -> None:
        # One set of parameters: the optimiser has nothing to keep apart.
        self.copies = Copies(network, 1, device=device)
        generator = torch.Generator().manual_seed(seed)
        self._matrices = {n: t for n, t in self.copies.parameters.items() if t.dim() > 2}
        for name, tensor in self._matrices.items():
            rows, columns = tensor.shape[1], tensor[0, 0].numel()
            low = min(rank, rows, columns)
            down = torch.randn(1, count, low, columns, generator=generator) / columns**0.5
            up = torch.zeros(1, count, rows, low)
            for ending, factor in ((DOWN, down), (UP, up)):
                found = factor.to(device, tensor.dtype).requires_grad_()
                self.copies.parameters[f"{name}{ending}"] = found

    @torch.no_grad()
    def mix_into_(self, networks: Copies, shares: Tensor) -> None:
        """As `Ends.mix_into_`."""
        for name, tensor in networks.parameters.items():
            tensor.copy_(self.copies.parameters[name].expand(tensor.shape))
            if name in self._matrices:
                down, up = self._factors(name)
                added = torch.einsum("sm,mor,mrk->sok", shares.to(up.dtype), up, down)
                tensor.add_(added.reshape(tensor.shape))

    @torch.no_grad()
    def take_gradient_(self, networks: Copies, shares: Tensor) -> None:
        """As `Ends.take_gradient_`; what is common has the mean of the mixtures' gradients."""
        factor = shares.shape[1] / shares.shape[0]
        own = self.copies.parameters
        for name, tensor in networks.parameters.items():
            found = tensor.grad
            own[name].grad = None if found is None else found.mean(dim=0, keepdim=True)
            if name not in self._matrices:
                continue
            if found is None:
                own[f"{name}{DOWN}"].grad = own[f"{name}{UP}"].grad = None
                continue
            down, up = self._factors(name)
            parts = factor * shares.to(up.dtype).T @ found.reshape(len(found), -1)
            of_ends = parts.view(len(up), up.shape[1], down.shape[2])
            own[f"{name}{UP}"].grad = (of_ends @ down.mT).unsqueeze(0)
            own[f"{name}{DOWN}"].grad = (up.mT @ of_ends).unsqueeze(0)

    def _factors(self, name: str) -> tuple[Tensor, Tensor]:
        """D (m, r, k) and U (m, o, r) of a matrix."""
        own = self.copies.parameters
        return own[f"{name}{DOWN}"][0].detach(), own[f"{name}{UP}"][0].detach()


def for_factors(values: Mapping[str, float], ends: Ends) -> dict[str, float]:
    """What holds for parameters by name, and so for what makes up their differences too."""
    own = {name: name for name in ends.copies.parameters}
    for ending in (DOWN, UP, BY_WEIGHTS):
        own = {name: found.removesuffix(ending) for name, found in own.items()}
    return {name: values[found] for name, found in own.items() if found in values}


def drawn_shares(
    count: int, ends: int, generator: torch.Generator, concentration: float = 1.0
) -> Tensor:
    """Random shares (count, ends) of a Dirichlet distribution, whose parameters are all alike.

    One that is drawn comes with its rotations, as far as they are asked for, so that a step asks
    for no end more than for others.

    Args:
        count: How many.
        ends: m.
        generator: What they are drawn from.
        concentration: 1 for even over the simplex.
    """
    drawn = torch.full((-(-count // ends), ends), concentration)
    if concentration == 1:
        drawn.exponential_(generator=generator)
    else:  # where all of them are too small for a number, the shares are alike
        drawn = torch._standard_gamma(drawn, generator=generator)
        drawn = drawn.clamp(min=torch.finfo(drawn.dtype).tiny)
    drawn /= drawn.sum(dim=1, keepdim=True)
    rotated = [drawn.roll(places, dims=1) for places in range(ends)]
    return torch.stack(rotated, dim=1).flatten(0, 1)[:count]
