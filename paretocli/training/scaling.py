"""Losses that are scaled in the backward pass, so that gradients fit into half precision.

Numbers of 16 bits with 5 of them for the exponent (fp16) end at 65504, and what is below 6e-8 is
zero. Each network's gradient is multiplied by a number of its own on its way back, and divided by
it in the end; both are exact. Where it overflows, the network skips the step and the number is
halved; after many steps without, it is doubled.

Micikevicius et al., *Mixed precision training*, ICLR 2018.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from paretocli.population.population import Population
from paretocli.sparsity.layers import per_member

FIRST, LARGEST, SMALLEST = 2.0**16, 2.0**24, 2.0**-14
GROWS_AFTER = 2000  # steps without overflow


class LossScaling:
    """The scales of K networks.

    Args:
        population: The networks.

    Attributes:
        scale: (K,).
        exhausted: Whose gradient overflowed at the smallest scale (K,).
        skipped: Who skips the present step (K,).
    """

    def __init__(self, population: Population) -> None:
        size, device = population.size, population.device
        self._parameters = population.parameters
        self.scale = torch.full((size,), FIRST, device=device)
        self.exhausted = torch.zeros(size, dtype=torch.bool, device=device)
        self.skipped = torch.zeros_like(self.exhausted)
        self._since = torch.zeros(size, dtype=torch.int64, device=device)

    def scale_gradient_of(self, losses: Tensor) -> None:
        """Have the gradient of losses (K, t) scaled from here on back."""
        if losses.requires_grad:
            scale = self.scale.unsqueeze(1)
            losses.register_hook(  # type: ignore[no-untyped-call]  # torch has no types here
                lambda gradient: gradient * scale
            )

    @torch.no_grad()
    def unscale_(self) -> None:
        """Take the scale off the parameters' `grad`, and see who has overflowed.

        Their gradient becomes zero, and their scale smaller.
        """
        gradients = [p.grad for p in self._parameters.values() if p.grad is not None]
        finite = [g.reshape(len(g), -1).isfinite().all(dim=1) for g in gradients]
        over = ~torch.stack(finite).all(dim=0)
        for gradient in gradients:
            gradient.mul_(per_member(1 / self.scale, gradient))
            gradient.masked_fill_(per_member(over, gradient), 0)
        self.skipped = over
        self.exhausted |= over & (self.scale <= SMALLEST)
        self._since = torch.where(over, 0, self._since + 1)
        grows = self._since >= GROWS_AFTER
        self._since.masked_fill_(grows, 0)
        scale = torch.where(over, self.scale / 2, torch.where(grows, self.scale * 2, self.scale))
        self.scale = scale.clamp(SMALLEST, LARGEST)

    def state_dict(self) -> dict[str, Tensor]:
        """The state, for a checkpoint."""
        return {"scale": self.scale, "since": self._since, "exhausted": self.exhausted}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take up a state given by `state_dict`."""
        self.scale.copy_(state["scale"])
        self._since.copy_(state["since"])
        self.exhausted.copy_(state["exhausted"])


def scaling_for(population: Population) -> LossScaling | None:
    """What networks need that compute in half precision; None for others."""
    return LossScaling(population) if population.autocast == torch.float16 else None
