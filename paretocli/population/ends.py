"""Mixtures of m networks, the ends of a manifold: θ(c) = Σ_i c_i θ_i with c on the simplex."""

import torch
from torch import Tensor

from paretocli.population.copies import Copies


@torch.no_grad()
def mix_into_(copies: Copies, ends: Copies, shares: Tensor) -> None:
    """Make copies the mixtures of some ends; their buffers stay as they are.

    Args:
        copies: S networks, written over.
        ends: m networks of the same kind.
        shares: c (S, m), rows on the simplex.
    """
    for name, tensor in copies.parameters.items():
        end = ends.parameters[name]
        mixed = shares.to(end.dtype) @ end.reshape(len(end), -1)
        tensor.copy_(mixed.view(tensor.shape))


def gradient_of_ends_(ends: Copies, copies: Copies, shares: Tensor) -> None:
    """Put the mixtures' gradient into the `grad` of the ends, by the chain rule.

        ∇θ_i = m/S Σ_s c_si ∇θ(c_s)

    A mixture's own step is Σ_i c_i times those of the ends, and a share is 1/m on average: with m
    as factor it is about as long as that of a network by itself. What has no gradient gets none.

    Args:
        ends: m networks.
        copies: Their mixtures, S networks with gradients.
        shares: c (S, m), by which they were mixed.
    """
    factor = shares.shape[1] / shares.shape[0]
    for name, end in ends.parameters.items():
        found = copies.parameters[name].grad
        if found is None:
            end.grad = None
            continue
        own = factor * shares.to(found.dtype).T @ found.reshape(len(found), -1)
        end.grad = own.view(end.shape)


def drawn_shares(count: int, ends: int, generator: torch.Generator) -> Tensor:
    """Random shares (count, ends), each even over the simplex (a Dirichlet distribution of ones).

    One that is drawn comes with its rotations, as far as they are asked for, so that a step asks
    for no end more than for others.
    """
    drawn = torch.empty(-(-count // ends), ends).exponential_(generator=generator)
    drawn /= drawn.sum(dim=1, keepdim=True)
    rotated = [drawn.roll(places, dims=1) for places in range(ends)]
    return torch.stack(rotated, dim=1).flatten(0, 1)[:count]
