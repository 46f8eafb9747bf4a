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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from paretocli.errors import InputError
from paretocli.population.optimizer_states import Kept, move
from paretocli.sparsity.layers import over_rows, per_member, row_norms
from paretocli.sparsity.objective import SparsityObjective
from paretocli.sparsity.preconditioners import Gradient, is_decoupled, preconditioner_of

MEMORY = 0.99  # of the running means that are to be free of noise
TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True)
class HeldBack:
    """What the last steps tell of rows that are zero, by the blocks' names, in their order.

    Attributes:
        gradients: The long-run mean of the gradient of all that is smooth (K, out, R, …), zero
            where a block has taken no step.
        ratios: The lengths of its rows over the pull of sparsity (K, R); at 1 a row is free.
    """

    gradients: dict[str, Tensor]
    ratios: dict[str, Tensor]


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
        kind: The class of the optimiser whose steps are taken.
        groups: The weights in groups as that class has them, with all its settings. Each layer's
            steps, the proximal ones too, are of its own group's learning rate: whatever it is, the
            fixed points stay.
        zeros_allowed: Whether rows may become zero.

    Raises:
        InputError: No proximal step is known of that class, or layers whose rows become zero
            together are in several groups.
    """

    def __init__(
        self,
        parameters: Mapping[str, Tensor],
        objective: SparsityObjective,
        kind: type[Optimizer],
        groups: Sequence[dict[str, Any]],
        *,
        zeros_allowed: bool = True,
    ) -> None:
        self._preconditioner = preconditioner_of(kind)
        self._kind = kind
        self._parameters = dict(parameters)
        # A layer alone is its own block; what rows of several make is a copy, filled at each step.
        self._named = objective.joined({n: p.detach() for n, p in parameters.items()})
        self._named |= {n: p for n, p in parameters.items() if n in self._named}
        super().__init__(self._of_blocks(groups, objective), {})
        self._objective = objective
        self._zeros_allowed = zeros_allowed

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the layers too that are part of a block."""
        super().zero_grad(set_to_none)
        for parameter in self._parameters.values():
            parameter.grad = None

    def move(self, parameters: Mapping[int, Tensor], device: torch.device) -> None:
        """Go on with parameters on another device, as `optimizer_states.move` does."""
        # What rows of several layers make is no parameter.
        joint = {id(t): t.to(device) for t in self._named.values() if id(t) not in parameters}
        there = {**parameters, **joint}
        self._named = {name: there[id(tensor)] for name, tensor in self._named.items()}
        self._parameters = {name: there[id(p)] for name, p in self._parameters.items()}
        move(self, there, device)

    @torch.no_grad()
    def held_back(self) -> HeldBack:
        """How near rows are to coming back where they are zero."""
        blocks = self._objective.joined(self._parameters)
        around = self._objective.around(self._objective.lengths(blocks))
        gradients, ratios = {}, {}
        for (name, weights), pull in zip(blocks.items(), around.pull.unbind(dim=1), strict=True):
            state = self.state.get(self._named[name], {})
            seen = 1 - MEMORY ** float(state.get("step", 1))
            gradients[name] = state.get("slow", torch.zeros_like(weights)) / seen
            mean = state.get("coefficient", torch.zeros_like(pull)) / seen
            ratios[name] = row_norms(gradients[name]) / (mean * pull).clamp(min=TINY).unsqueeze(1)
        return HeldBack(gradients, ratios)

    def kept_shapes(self) -> list[Kept]:
        """What is kept of each block (K, out, R, …), in the order of the groups."""
        return [self._kept_of(w, group) for group in self.param_groups for w in group["params"]]

    @torch.no_grad()
    def proximal_step(self, coefficient: Tensor) -> None:
        """One step; the parameters' `grad` holds the gradient of all but f_0.

        Args:
            coefficient: c_0 (K,), what f_0's gradient is multiplied by in the scalar to minimise.
        """
        self._join()
        objective, moving = self._objective, self._moving()
        blocks = {block.name: self._named[block.name] for block in objective.blocks.each}
        around = objective.around(objective.lengths(blocks))
        nothing = torch.zeros_like(coefficient)
        means = [
            _running_mean(coefficient, self.state[weights]) if name in moving else nothing
            for name, weights in blocks.items()
        ]
        mean = torch.stack(means, dim=1)  # (K, B)
        radial = (mean * around.radial).unbind(dim=1)
        slopes = objective.apart(mean.unsqueeze(2) * around.slopes)
        pulls = (mean * around.pull).unbind(dim=1)
        sizes = [
            self._descend_(weights, *of_sparsity) if name in moving else nothing
            for (name, weights), *of_sparsity in zip(
                blocks.items(), radial, slopes, pulls, strict=True
            )
        ]
        step = torch.stack(sizes, dim=1) * mean
        shrunk = objective.shrunk(
            objective.lengths(blocks), step, around, zeros_allowed=self._zeros_allowed
        )
        each = zip(blocks.items(), objective.apart(shrunk), strict=True)
        for (name, weights), factors in each:
            if name in moving:
                weights.mul_(over_rows(factors, weights))
        objective.blocks.put_(self._named, self._parameters)

    def _descend_(self, weights: Tensor, radial: Tensor, slopes: Tensor, pull: Tensor) -> Tensor:
        """Take the step of a block that comes before the proximal one, in place.

        Args:
            weights: (K, out, R, …).
            radial: c_0 times what is smooth in f_0 has this multiple (K,) of W as gradient.
            slopes: c_0 f_0 has these multiples (K, R) of the rows as a subgradient.
            pull: Length (K,) that a proximal step of size 1 takes off a short row.

        Returns:
            The size of the step (K,).
        """
        assert weights.grad is not None
        state, group = self.state[weights], self._group_of(weights)
        decay, decoupled = group["weight_decay"], is_decoupled(self._kind, group)
        full = torch.addcmul(weights.grad, over_rows(slopes, weights), weights)
        smooth = weights.grad
        if self._objective.relative:
            smooth = torch.addcmul(smooth, per_member(radial, weights), weights)
        if decay and not decoupled:
            smooth, full = (gradient.add(weights, alpha=decay) for gradient in (smooth, full))
        size, direction = self._preconditioner.step(Gradient(smooth, full, weights), state, group)
        if self._zeros_allowed:
            direction = _without_noise(weights, smooth, direction, size, pull, state)
        if decay and decoupled:
            weights.mul_(1 - group["lr"] * decay)
        weights.addcmul_(per_member(size, weights), direction, value=-1)
        return size

    def _group_of(self, weights: Tensor) -> dict[str, Any]:
        return next(g for g in self.param_groups if any(w is weights for w in g["params"]))

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
                    f"Rows of {', '.join(block.layers)} become zero together, but the optimizer "
                    "has other settings for some of these layers (such as the weight decay); give "
                    "all or none of them in --no-decay, put them into one group of the problem's "
                    "own optimizer, or give --groups none."
                )
            found[own.pop()]["params"].append(self._named[block.name])
        return found

    def _kept_of(self, weights: Tensor, group: Mapping[str, Any]) -> Kept:
        whole, each, rows = weights.shape, weights.shape[:1], weights.shape[:1] + weights.shape[2:3]
        rule = self._preconditioner
        kept = dict.fromkeys(rule.whole, whole) | dict.fromkeys(("coefficient", *rule.each), each)
        kept |= {"slow": whole, "noise": rows} if self._zeros_allowed else {}
        kept |= {"largest": each} if group.get("amsgrad") else {}
        found = {name: (shape, weights.dtype) for name, shape in kept.items()}
        found |= dict.fromkeys(rule.single, (torch.Size(), torch.float64))
        return found | {"step": (torch.Size(), torch.float32)}

    def _join(self) -> None:
        """Fill the blocks of several layers with their rows and gradients."""
        moving = self._moving()
        gradients = {n: p.grad for n, p in self._parameters.items() if p.grad is not None}
        for block in self._objective.blocks.each:
            if not block.whole:
                self._named[block.name].copy_(block.joined(self._parameters))
                if block.name in moving:
                    self._named[block.name].grad = block.joined(gradients)

    def _moving(self) -> list[str]:
        """The blocks whose layers are trained; none of a block may be frozen if others are not."""
        return [
            block.name
            for block in self._objective.blocks.each
            if all(self._parameters[name].requires_grad for name in block.layers)
        ]


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
