"""Gradient steps followed by the proximal step of the same size, for the counted layers' blocks.

A proximal step of size lr after a step of Adam would be wrong: Adam divides the gradient's scale
away, so the ratio between the multipliers would be lost. Here each block of each network has one
preconditioner, a number d, in both:

    W ← prox_{τΩ}(W − (lr/d) · m),   τ = (lr/d) · c_0

with m the (running mean of the) gradient of all that is smooth. Whatever d is, the fixed points
are those where −m lies in c_0 ∂Ω: the stationary points of the whole sum. With one d an entry the
proximal operator of GrOWL would have no closed form.

Yun, Lozano and Yang, *Adaptive proximal gradient methods for structured neural networks*, NeurIPS
2021 (ProxGen), equation (3); one second moment a block as in Zhang et al., *Adam-mini*, 2024.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from paretocli.errors import InputError
from paretocli.population.optimizers import MOMENTUM
from paretocli.registries import lookup
from paretocli.sparsity.layers import over_rows, per_member, row_norms
from paretocli.sparsity.objective import SparsityObjective

# A shorter memory of the gradient's size than Adam's own 0.999: where the multiplier moves from the
# tasks to f_0, the tasks' large gradients of a thousand steps ago would keep the steps small. One
# number stands for a whole layer, so it is not noisy even so.
BETA_1, BETA_2, EPSILON = 0.9, 0.99, 1e-8
MEMORY = 0.99  # of the running means that are to be free of noise
NADAM_DECAY = 0.96**0.004  # by which its momentum nears β1 with each step
RADAM_SHORTEST = 5.0
TINY = torch.finfo(torch.float32).tiny

# From the smooth and the full gradient to the size of the step (K,) and its direction (K, …).
Rule = Callable[[Tensor, Tensor, dict[str, Any], float], tuple[Tensor, Tensor]]


def _moments(smooth: Tensor, full: Tensor, state: dict[str, Any]) -> float:
    """Take gradients into the running means that Adam and its kin have; which step it is."""
    if "mean" not in state:
        state["mean"] = torch.zeros_like(smooth)
        state["square"] = smooth.new_zeros(len(smooth))
    state["mean"].lerp_(smooth, 1 - BETA_1)
    # The size of the full gradient, GrOWL's part included: where the tasks' vanishes, that of the
    # smooth part alone would make the proximal step huge.
    state["square"].lerp_(full.square().flatten(1).mean(dim=1), 1 - BETA_2)
    return float(state["step"])


def _adam(smooth: Tensor, full: Tensor, state: dict[str, Any], lr: float) -> tuple[Tensor, Tensor]:
    count = _moments(smooth, full, state)
    root = (state["square"] / (1 - BETA_2**count)).sqrt()
    return lr / (root + EPSILON), state["mean"] / (1 - BETA_1**count)


def _nadam(smooth: Tensor, full: Tensor, state: dict[str, Any], lr: float) -> tuple[Tensor, Tensor]:
    """Dozat, *Incorporating Nesterov momentum into Adam*, 2016, as torch has it."""
    count = _moments(smooth, full, state)
    if "product" not in state:
        state["product"] = torch.ones((), dtype=torch.float64)
    now, following = (BETA_1 * (1 - 0.5 * NADAM_DECAY**step) for step in (count, count + 1))
    state["product"].mul_(now)
    product = float(state["product"])
    root = (state["square"] / (1 - BETA_2**count)).sqrt()
    direction = (1 - now) / (1 - product) * smooth
    direction = direction + following / (1 - product * following) * state["mean"]
    return lr / (root + EPSILON), direction


def _radam(smooth: Tensor, full: Tensor, state: dict[str, Any], lr: float) -> tuple[Tensor, Tensor]:
    """Liu et al., *On the variance of the adaptive learning rate and beyond*, ICLR 2020."""
    count = _moments(smooth, full, state)
    direction = state["mean"] / (1 - BETA_1**count)
    seen = 1 - BETA_2**count
    longest = 2 / (1 - BETA_2) - 1
    length = longest - 2 * count * BETA_2**count / seen
    if length <= RADAM_SHORTEST:  # too few squares to say anything of their mean
        return smooth.new_full((len(smooth),), lr), direction
    rectified = (length - 4) * (length - 2) * longest
    rectified /= (longest - 4) * (longest - 2) * length
    root = state["square"].sqrt() + EPSILON
    return lr * (rectified * seen) ** 0.5 / root, direction


def _sgd(smooth: Tensor, full: Tensor, state: dict[str, Any], lr: float) -> tuple[Tensor, Tensor]:
    if "momentum" not in state:
        state["momentum"] = torch.zeros_like(smooth)
    state["momentum"].mul_(MOMENTUM).add_(smooth)
    # A gradient that stays is counted 1/(1 − momentum) times, and so must the proximal step be.
    direction = smooth.add(state["momentum"], alpha=MOMENTUM) * (1 - MOMENTUM)
    return smooth.new_full((len(smooth),), lr / (1 - MOMENTUM)), direction


RULES: dict[str, Rule] = {
    "adam": _adam,
    "adamw": _adam,
    "nadam": _nadam,
    "radam": _radam,
    "sgd": _sgd,
}
DECOUPLED_DECAY = ("adamw",)


class ProximalOptimizer(Optimizer):
    """An optimiser of the counted layers (K, out, R, …), proximal in f_0.

    Two things are done against the batches' noise, which would leave rows as dust, short but not
    zero. Without noise neither changes anything, so the fixed points stay what they are.

    - The multiplier of f_0 follows the noise, and where it is 0 for some steps nothing pulls rows
      back to zero. So what multiplies f_0 is its running mean.
    - A row that nothing but noise moves wanders off zero as far as the pull of the proximal step
      lets it, to a length of about step · (noise of its gradient)² / (2 · pull), at any learning
      rate. So rows up to twice that length whose gradient in the long run is too small to hold them
      against the pull follow that long-run mean instead of the last batches, and vanish.

    Args:
        parameters: The stacked weights by name.
        objective: f_0.
        name: Of one of the rules.
        lr, weight_decay: As for torch's optimisers.
        zeros_allowed: Whether rows may become zero.
        groups: The weights in groups as torch has them, unless they are all alike. Each layer's
            steps, the proximal ones too, are of its own group's learning rate: whatever it is, the
            fixed points stay.
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        objective: SparsityObjective,
        name: str,
        *,
        lr: float,
        weight_decay: float,
        zeros_allowed: bool = True,
        groups: Sequence[dict[str, Any]] | None = None,
    ) -> None:
        self._parameters = dict(parameters)
        # A layer alone is its own block; what rows of several make is a copy, filled at each step.
        self._named = objective.joined({n: p.detach() for n, p in parameters.items()})
        self._named |= {n: p for n, p in parameters.items() if n in self._named}
        alike = [{"params": list(parameters.values())}]
        of_blocks = self._of_blocks(groups or alike, objective)
        super().__init__(of_blocks, {"lr": lr, "weight_decay": weight_decay})
        self._objective = objective
        self._zeros_allowed = zeros_allowed
        self._rule = lookup(RULES, name, "optimizer")
        self._decoupled = name in DECOUPLED_DECAY

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the layers too that are part of a block."""
        super().zero_grad(set_to_none)
        for parameter in self._parameters.values():
            parameter.grad = None

    def state_shapes(self, weights: Tensor) -> dict[str, torch.Size]:
        """The shapes of what is kept of a block (K, out, R, …), by name."""
        whole, each, rows = weights.shape, weights.shape[:1], weights.shape[:1] + weights.shape[2:3]
        kept = {"step": torch.Size(), "coefficient": each}
        kept |= {"momentum": whole} if self._rule is _sgd else {"mean": whole, "square": each}
        kept |= {"product": torch.Size()} if self._rule is _nadam else {}
        return kept | ({"slow": whole, "noise": rows} if self._zeros_allowed else {})

    @torch.no_grad()
    def proximal_step(self, coefficient: Tensor, gradients: Mapping[str, Tensor]) -> None:
        """One step; the parameters' `grad` holds the gradient of all but f_0.

        Args:
            coefficient: c_0 (K,), what f_0's gradient is multiplied by in the scalar to minimise.
            gradients: A subgradient of f_0 (K, …) by name.
        """
        self._join()
        gradients = self._objective.joined(gradients)
        rates = {
            id(weights): (group["lr"], group["weight_decay"])
            for group in self.param_groups
            for weights in group["params"]
        }
        radial = self._objective.radial_gradients(self._named)
        for name, weights in self._named.items():
            assert weights.grad is not None
            state = self.state[weights]
            lr, decay = rates[id(weights)]
            mean = _running_mean(coefficient, state)
            full = weights.grad + per_member(mean, weights) * gradients[name]
            smooth = weights.grad
            if name in radial:
                smooth = smooth + per_member(mean, weights) * radial[name]
            if not self._decoupled:
                smooth, full = smooth + decay * weights, full + decay * weights
            size, direction = self._rule(smooth, full, state, lr)
            if self._zeros_allowed:
                pull = mean * self._objective.pull(name, weights)
                direction = _without_noise(weights, smooth, direction, size, pull, state)
            denominator = self._objective.denominator(name, weights)
            lone = self._objective.lone_rows(name, weights)
            if self._decoupled:
                weights.mul_(1 - lr * decay)
            weights.sub_(per_member(size, weights) * direction)
            self._objective.shrink_(
                name,
                weights,
                size * mean,
                denominator,
                lone,
                zeros_allowed=self._zeros_allowed,
            )
        self._objective.blocks.put_(self._named, self._parameters)

    def _of_blocks(
        self, groups: Sequence[dict[str, Any]], objective: SparsityObjective
    ) -> list[dict[str, Any]]:
        """Torch's groups of the blocks, from those of the layers; a block has one step.

        Raises:
            InputError: The layers of one are in several groups.
        """
        place = {id(p): k for k, group in enumerate(groups) for p in group["params"]}
        found: list[dict[str, Any]] = [{**group, "params": []} for group in groups]
        for block in objective.blocks.each:
            own = {place[id(self._parameters[name])] for name in block.layers}
            if len(own) > 1:
                raise InputError(
                    f"Rows of {', '.join(block.layers)} become zero together, but some of these "
                    "are without weight decay; give all or none of them in --no-decay, or "
                    "--groups none."
                )
            found[own.pop()]["params"].append(self._named[block.name])
        return found

    def _join(self) -> None:
        """Fill the blocks of several layers with their rows and gradients."""
        joint = [block for block in self._objective.blocks.each if not block.whole]
        if joint:
            assert all(p.grad is not None for p in self._parameters.values())
            gradients = {n: p.grad for n, p in self._parameters.items() if p.grad is not None}
            for block in joint:
                self._named[block.name].copy_(block.joined(self._parameters))
                self._named[block.name].grad = block.joined(gradients)


def _running_mean(coefficient: Tensor, state: dict[str, Any]) -> Tensor:
    """The mean (K,) of the coefficients so far, the older ones counting less; counts the steps."""
    if "step" not in state:
        state["step"] = torch.zeros(())
        state["coefficient"] = torch.zeros_like(coefficient)
    state["step"] += 1
    state["coefficient"].lerp_(coefficient, 1 - MEMORY)
    mean: Tensor = state["coefficient"] / (1 - MEMORY ** float(state["step"]))
    return mean


def _without_noise(
    weights: Tensor,
    smooth: Tensor,
    direction: Tensor,
    size: Tensor,
    pull: Tensor,
    state: dict[str, Any],
) -> Tensor:
    """The direction, its rows that are buried in noise replaced by the gradient's long-run mean.

    Args:
        weights: (K, out, R, …).
        smooth: The gradient (K, out, R, …) of all that is smooth, on one batch.
        direction: (K, out, R, …).
        size: Size of the step (K,).
        pull: Length (K,) that a proximal step of size 1 takes off a short row.
        state: Of this block, kept from step to step.
    """
    if "slow" not in state:
        state["slow"] = torch.zeros_like(weights)
        state["noise"] = weights.new_zeros(len(weights), weights.shape[2])
    state["slow"].lerp_(smooth, 1 - MEMORY)
    seen = 1 - MEMORY ** float(state["step"])
    slow = state["slow"] / seen
    state["noise"].lerp_(row_norms(smooth - slow).square(), 1 - MEMORY)
    pull = pull.unsqueeze(1)
    reach = size.unsqueeze(1) * state["noise"] / (seen * pull.clamp(min=TINY))
    buried = (row_norms(weights) <= reach) & (row_norms(slow) < pull)
    return torch.where(over_rows(buried, weights), slow, direction)
