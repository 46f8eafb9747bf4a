"""GrOWL, the group ordered weighted ℓ1 norm of a matrix, and its proximal operator.

    Ω(W) = Σ_r θ_r ‖w_[r]‖₂,   θ_1 ≥ θ_2 ≥ … ≥ 0,   ‖w_[1]‖ ≥ ‖w_[2]‖ ≥ …

over the rows of W. It makes whole rows exactly zero and, where θ falls, pulls the norms of the
largest rows together. Everything here works on the rows' norms alone: Ω depends on nothing else,
and its proximal operator rescales rows and never turns them.

Zhang, Wang, Figueiredo and Balzano, *Learning to share: simultaneous parameter tying and
sparsification in deep learning*, ICLR 2018; Oswal et al., *Representational similarity learning
with application to brain networks*, ICML 2016.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from paretocli.registries import lookup

RAMP_SHARE = 0.1


def _flat(rows: int, slope: float) -> Tensor:
    return torch.ones(rows)


def _spike(rows: int, slope: float) -> Tensor:
    theta = torch.ones(rows)
    theta[0] += slope
    return theta


def _linear(rows: int, slope: float) -> Tensor:
    return 1 + slope * torch.linspace(1, 0, rows)


def _ramp(rows: int, slope: float) -> Tensor:
    """Falls over the first tenth of the rows and is flat from there."""
    steps = max(1, round(RAMP_SHARE * rows))
    return 1 + slope * (1 - torch.arange(rows) / steps).clamp(min=0)


THETAS: dict[str, Callable[[int, float], Tensor]] = {
    "flat": _flat,
    "spike": _spike,
    "linear": _linear,
    "ramp": _ramp,
}


def theta(kind: str, rows: int, slope: float) -> Tensor:
    """θ (rows,), falling, with mean 1.

    With β₁ and β₂ of the papers and slope = β₁ / β₂, before it is scaled to mean 1:

        flat     (1, 1, 1, …), the group lasso
        spike    (1 + slope, 1, 1, …)
        linear   from 1 + slope down to 1 in equal steps (OSCAR)
        ramp     linear over the first tenth of the rows, then 1 (the GrOWL paper's choice)

    Args:
        kind: `flat`, `spike`, `linear` or `ramp`.
        rows: Number of rows R ≥ 1.
        slope: How much more the largest row counts than the smallest, ≥ 0, but for `flat`.
    """
    values = lookup(THETAS, kind, "theta")(rows, slope)
    return values / values.mean()


def growl(norms: Tensor, weights: Tensor) -> Tensor:
    """Ω (…) from the rows' norms (…, R) in any order and θ (R,)."""
    return (norms.sort(dim=-1, descending=True).values * weights).sum(dim=-1)


def weight_of_each(norms: Tensor, weights: Tensor) -> Tensor:
    """The θ (…, R) by which each row counts in Ω, from the rows' norms (…, R) in any order."""
    order = norms.argsort(dim=-1, descending=True)
    theirs = weights.to(norms).expand_as(norms)
    return torch.empty_like(norms).scatter_(-1, order, theirs)


def shrunk_norms(norms: Tensor, thresholds: Tensor) -> Tensor:
    """The rows' norms after the proximal operator, argmin_X ½‖X − W‖² + Ω(X).

    Norms are sorted, the thresholds taken off, neighbours that come out in the wrong order pooled
    to their mean, and what is negative set to zero (Bogdan et al., *SLOPE*, Annals of Applied
    Statistics 9, 2015, algorithm 3).

    Args:
        norms: Norms ≥ 0 of the rows of W (…, R), in any order.
        thresholds: θ of Ω (…, R) or what broadcasts to it, falling along the last axis. One for
            all rows, (…, 1), leaves them in order, so that nothing has to be pooled: the group
            lasso, and no wait for a GPU to say whether there is anything left to do.

    Returns:
        Norms (…, R) of the rows of the result, in the order of `norms`.
    """
    if thresholds.shape[-1] == 1:
        return (norms - thresholds).clamp(min=0)
    descending, order = norms.sort(dim=-1, descending=True, stable=True)
    shrunk = falling_regression(descending - thresholds).clamp(min=0)
    return torch.empty_like(norms).scatter_(-1, order, shrunk)


def falling_regression(values: Tensor) -> Tensor:
    """The closest falling sequence to each row: argmin ‖x − values‖² with x_1 ≥ x_2 ≥ ….

    Pool adjacent violators, for all rows at once: each pass merges every run of blocks whose means
    rise, until none does. In a falling solution a rising run is always one block, so the passes
    are few.

    Args:
        values: (…, R).

    Returns:
        (…, R).
    """
    flat = values.reshape(-1, values.shape[-1])
    block = torch.arange(flat.shape[1], device=flat.device).expand_as(flat)
    means = flat
    while True:
        # Block means stand at every member, so a rise between neighbours is one between blocks.
        starts = means[:, 1:] <= means[:, :-1]
        within = block[:, 1:] == block[:, :-1]
        keeps = starts & ~within
        merged = torch.zeros_like(block)
        merged[:, 1:] = keeps.cumsum(dim=1)
        if torch.equal(merged, block):
            return means.reshape(values.shape)
        block = merged
        sums = torch.zeros_like(flat).scatter_add_(1, block, flat)
        counts = torch.zeros_like(flat).scatter_add_(1, block, torch.ones_like(flat))
        means = (sums / counts.clamp(min=1)).gather(1, block)
