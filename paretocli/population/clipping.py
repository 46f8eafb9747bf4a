"""Gradients of bounded length, each subproblem's by itself."""

from collections.abc import Sequence

import torch
from torch import Tensor

TINY = 1e-6  # as in torch's `clip_grad_norm_`, so that both scale alike


@torch.no_grad()
def clip_(gradients: Sequence[Tensor], longest: float) -> Tensor:
    """Scale each subproblem's gradient, in place, to a norm where it is longer.

    Args:
        gradients: Of all parameters, each (K, …).
        longest: The norm over all of them, positive.

    Returns:
        What each was multiplied by (K,), at most 1.
    """
    of_each = [torch.linalg.vector_norm(g.reshape(len(g), -1), dim=1) for g in gradients]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(of_each), dim=0)
    factors = (longest / (norms + TINY)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factors.reshape([len(factors), *[1] * (gradient.dim() - 1)]))
    return factors
