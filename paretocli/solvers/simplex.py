"""The probability simplex."""

import torch
from torch import Tensor


def project_onto_simplex(points: Tensor) -> Tensor:
    """Euclidean projection of each row onto {λ : λ ≥ 0, Σ λ = 1}.

    Held, Wolfe and Crowder (1974): the projection is `max(v − τ, 0)`, where τ follows from the
    largest number of sorted entries that stay positive.

    Args:
        points: Finite numbers (…, m).

    Returns:
        Projections (…, m).
    """
    # A constant changes nothing but the rounding: with the largest entry at 0 there is hardly any.
    points = points - points.amax(dim=-1, keepdim=True)
    descending = points.sort(dim=-1, descending=True).values
    count = torch.arange(1, points.shape[-1] + 1, device=points.device, dtype=points.dtype)
    thresholds = (descending.cumsum(dim=-1) - 1) / count
    positive = (descending > thresholds).sum(dim=-1, keepdim=True).clamp(min=1)
    return (points - thresholds.gather(-1, positive - 1)).clamp(min=0)
