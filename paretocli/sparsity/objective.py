"""Sparsity as an objective: GrOWL summed over the layers of stacked networks."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.sparsity.blocks import Block, Blocks
from paretocli.sparsity.grouping import NONE, Grouping
from paretocli.sparsity.growl import growl, shrunk_norms, theta
from paretocli.sparsity.layers import Layer, over_rows, per_member, row_norms
from paretocli.sparsity.pattern import Pattern, zero_row_counts

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class SparsitySettings:
    """How sparsity is measured.

    Attributes:
        theta: Kind of θ: `flat`, `spike`, `linear` or `ramp`.
        slope: How much more θ weighs the largest row than the smallest, but for `flat`.
        relative: Measure each layer's Ω against its Frobenius norm.
        max_layer_sparsity: Largest share of a block's rows that may be zero, from 0 to 1. One row
            stays in any case.
    """

    theta: str = "flat"
    slope: float = 1.0
    relative: bool = True
    max_layer_sparsity: float = 1.0


def own_shares(layers: Sequence[Layer | Block]) -> tuple[float, ...]:
    """The share of each layer's or block's parameters in those of all (L,)."""
    total = sum(layer.parameters for layer in layers)
    return tuple(layer.parameters / total for layer in layers)


class SparsityObjective:
    """f_0 of K networks, its gradient and its proximal operator.

    A *block* is a layer, or where rows of several layers become zero together, the matrix of these:
    side by side they are one long row. Every layer's row is in one block.

    Relative, the default, with s_l the share of block l and R_l its rows:

        f_0 = Σ_l s_l · Ω_l(W_l) / (‖W_l‖_F √R_l),   Σ_l s_l = 1

    It is 1 where all rows are equally long and about the root of the share of rows that are left
    where the others are zero. It does not change when a block is multiplied by a number. Absolute,
    f_0 = Σ_l Ω_l(W_l), as Hotegni, Berkemeier and Peitz (2024), equation (8): a network of ReLUs
    lowers it without one zero row, by moving size into layers that are not counted.

    Relative, a θ that falls has traps: where the rows that are left are equally long, making one of
    them shorter raises f_0 at first, although it is smaller without that row. A flat θ has none.

    Args:
        layers: The counted layers, at least one.
        settings: How sparsity is measured.
        device: Where the parameters live.
        shares: s (L,) in the order of the blocks; those of their own parameters unless given.
        grouping: Rows that become zero together; without, each layer is a block.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        settings: SparsitySettings,
        device: torch.device,
        shares: Sequence[float] | None = None,
        grouping: Grouping = NONE,
    ) -> None:
        self.blocks = Blocks(layers, grouping, device)
        self.relative = settings.relative
        each = self.blocks.each
        if shares is None:
            shares = own_shares(each)
        self._shares = {block.name: s for block, s in zip(each, shares, strict=True)}
        self._flat = settings.theta == "flat"
        self._limited = settings.max_layer_sparsity < 1
        self._clusters: dict[str, Tensor] = {}
        self._theta = {
            block.name: theta(settings.theta, block.rows, settings.slope).to(device)
            for block in each
        }
        # Rounded against what a person means by 0.9 of 10 rows.
        self._least = {
            block.name: max(1, block.rows - int(settings.max_layer_sparsity * block.rows + 1e-9))
            for block in each
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters that are counted."""
        return tuple(layer.name for layer in self.blocks.layers)

    def joined(self, parameters: Tensors) -> dict[str, Tensor]:
        """The blocks (K, D, R) of stacked parameters, by their names; a layer alone is its own."""
        return self.blocks.joined(parameters)

    @property
    def least(self) -> dict[str, int]:
        """How many rows of each block have to stay."""
        return dict(self._least)

    def smallest(self) -> float:
        """A lower bound of f_0 over all networks, the ideal of this objective.

        Relative: Ω/‖W‖ is smallest on an extreme ray of the cone of falling sequences, where j rows
        are equally long and the others zero, which leaves the number j to choose. Absolute: 0.
        """
        if not self.relative:
            return 0.0
        return sum(share * self._smallest(name) for name, share in self._shares.items())

    def value(self, parameters: Tensors) -> Tensor:
        """f_0 (K,), differentiable where rows are not zero; a zero row's gradient is zero.

        Args:
            parameters: Stacked parameters (K, …) by name.
        """
        return self._value(self.joined(parameters))

    @torch.no_grad()
    def put_before(self, losses: Tensor, parameters: Tensors) -> Tensor:
        """The objectives (K, 1 + m) from the tasks' losses (K, m): f_0 is the first."""
        return torch.cat([self.value(parameters).unsqueeze(1), losses], dim=1)

    @torch.no_grad()
    def zero_rows(self, parameters: Tensors) -> Tensor:
        """How many of the counted rows are zero (K,)."""
        return zero_row_counts([parameters[name] for name in self.names])

    def value_and_gradients(self, parameters: Tensors) -> tuple[Tensor, dict[str, Tensor]]:
        """f_0 (K,) and a subgradient (K, …) by name of the counted layers."""
        counted = {name: parameters[name].detach() for name in self.names}
        blocks = {name: b.detach().requires_grad_() for name, b in self.joined(counted).items()}
        value = self._value(blocks)
        found = torch.autograd.grad(value.sum(), list(blocks.values()))
        gradients = dict(zip(blocks, found, strict=True))
        for name, gradient in gradients.items():
            # Of a constant, but for rounding.
            constant = self.lone_rows(name, blocks[name]).any(dim=1)
            gradient.masked_fill_(per_member(constant, gradient), 0)
        return value.detach(), self.blocks.apart(gradients, counted)

    @torch.no_grad()
    def radial_gradients(self, blocks: Tensors) -> dict[str, Tensor]:
        """The gradients of what is smooth in f_0: of 1/‖W‖_F, with Ω held still.

        A block's part of f_0 is a ratio; with Ω linearised away from this gradient and the
        proximal operator of Ω with the denominator held still, the fixed points are exactly the
        stationary points of the ratio. Zero where a block has lone rows, for the ratio is constant.

        Args:
            blocks: The blocks (K, …) by name, as `joined` gives them.
        """
        gradients = {}
        if self.relative:
            for name, weights in blocks.items():
                norms = row_norms(weights)
                value = self._factor(name, norms) * growl(norms, self._theta[name])
                size = value / (norms**2).sum(dim=1).clamp(min=torch.finfo(norms.dtype).tiny)
                size.masked_fill_(self.lone_rows(name, weights).any(dim=1), 0)
                gradients[name] = -per_member(size, weights) * weights
        return gradients

    @torch.no_grad()
    def shrink_(
        self,
        name: str,
        weights: Tensor,
        step: Tensor,
        denominator: Tensor,
        lone: Tensor,
        *,
        zeros_allowed: bool = True,
    ) -> None:
        """The proximal step of one block's Ω, in place.

        The last row keeps its length where it would vanish. With a limit below 1, rows are no more
        shrunk once no others are left than have to stay: or they would stay, but as short as can
        be.

        Args:
            name: The block's.
            weights: Its stacked rows (K, out, R, …) after the gradient step.
            step: Size of the step (K,), the multiplier of f_0 included.
            denominator: `denominator(name, weights)` before the gradient step (K,).
            lone: `lone_rows(name, weights)` before the gradient step (K, R), which keep their
                lengths.
            zeros_allowed: Whether rows may become zero, up to the limit of the settings.
        """
        norms = row_norms(weights)
        thresholds = (step / denominator).unsqueeze(1)
        if not self._flat:
            thresholds = thresholds * self._theta[name]
        shrunk = shrunk_norms(norms, thresholds)
        if zeros_allowed:
            least = self._least[name]
            longest = norms.topk(least, dim=1).indices
            kept = shrunk.gather(1, longest)
            spared = kept == 0
            if self._limited:
                spared = ((shrunk > 0).sum(dim=1) <= least).unsqueeze(1)
            shrunk.scatter_(1, longest, torch.where(spared, norms.gather(1, longest), kept))
        else:
            shrunk = torch.where(shrunk > 0, shrunk, norms)
        shrunk = torch.where(lone & (shrunk > 0), norms, shrunk)
        tiny = torch.finfo(norms.dtype).tiny
        weights.mul_(over_rows(shrunk / norms.clamp(min=tiny), weights))

    @torch.no_grad()
    def pull(self, name: str, weights: Tensor) -> Tensor:
        """The length (K,) that a proximal step of size 1 takes off a block's shortest row."""
        return self._theta[name][-1] / self.denominator(name, weights)

    @torch.no_grad()
    def denominator(self, name: str, weights: Tensor) -> Tensor:
        """What a block's Ω is divided by in f_0 (K,)."""
        return 1 / self._factor(name, row_norms(weights))

    @torch.no_grad()
    def lone_rows(self, name: str, weights: Tensor) -> Tensor:
        """The rows (K, R) that are all that a block has left: one row, or one cluster of ties.

        A relative f_0 is constant there, so it must not move them: what its gradient adds, the
        proximal step takes away, but with delay, and in steps that are large where the tasks'
        gradients vanish as well.
        """
        left = row_norms(weights) > 0
        if not self.relative:
            return torch.zeros_like(left)
        count = left.shape[1]
        places = torch.arange(count, device=left.device).expand_as(left)
        clusters = self._clusters.get(name, places)
        last = torch.where(left, clusters, -1).amax(dim=1)
        first = torch.where(left, clusters, count).amin(dim=1)
        return left & (first == last).unsqueeze(1)

    def within(self, pattern: Pattern) -> "SparsityObjective":
        """The same for networks whose rows are tied as in a pattern."""
        found = copy.copy(self)
        found._clusters = self.blocks.representatives_joined(pattern.representatives)
        return found

    def _value(self, blocks: Tensors) -> Tensor:
        values = []
        for name, weights in blocks.items():
            norms = row_norms(weights)
            value = growl(norms, self._theta[name])
            values.append(self._factor(name, norms) * value)
        return torch.stack(values).sum(dim=0)

    def _factor(self, name: str, norms: Tensor) -> Tensor:
        if not self.relative:
            return torch.ones_like(norms[:, 0])
        size = torch.linalg.vector_norm(norms, dim=1) * norms.shape[1] ** 0.5
        factor: Tensor = self._shares[name] / size.clamp(min=torch.finfo(norms.dtype).tiny)
        return factor

    def _smallest(self, name: str) -> float:
        sums = self._theta[name].cumsum(0)
        counts = torch.arange(1, len(sums) + 1, device=sums.device)
        ratios = sums / (counts * len(sums)).sqrt()
        return float(ratios.min())
