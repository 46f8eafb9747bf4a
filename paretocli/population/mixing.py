"""Θ ← M Θ: subproblems take over each other's parameters."""

from collections.abc import Mapping

import torch
from torch import Tensor


@torch.no_grad()
def mix_(tensors: Mapping[str, Tensor], matrix: Tensor, healthy: Tensor) -> None:
    """Θ ← M Θ in place, for stacked tensors (K, …).

    Args:
        tensors: The tensors that take part.
        matrix: M (K, K).
        healthy: Which networks are finite (K,); the others neither give nor take.
    """
    given = torch.where(healthy, matrix, torch.zeros_like(matrix))
    given = given / given.sum(dim=1, keepdim=True).clamp(min=torch.finfo(matrix.dtype).tiny)
    # Chosen without asking a GPU; M as it is where nobody is left out, not rounded once more.
    matrix = torch.where(healthy.all(), matrix, given)
    sound = healthy.unsqueeze(1)
    for tensor in tensors.values():
        flat = tensor.reshape(len(tensor), -1)
        # Zero times NaN is NaN.
        mixed = torch.where(sound, matrix.to(flat.dtype) @ flat.where(sound, 0.0), flat)
        tensor.copy_(mixed.view(tensor.shape))
