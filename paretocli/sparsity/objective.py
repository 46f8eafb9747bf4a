"""Sparsity as an objective: GrOWL summed over the layers of stacked networks."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.sparsity.blocks import Block, Blocks
from paretocli.sparsity.grouping import NONE, Grouping
from paretocli.sparsity.growl import growl, shrunk_norms, theta, weight_of_each
from paretocli.sparsity.layers import Layer, over_rows, row_norms
from paretocli.sparsity.pattern import Pattern, zero_row_counts
from paretocli.sparsity.side_by_side import SideBySide

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


@dataclass(frozen=True)
class Around:
    """What f_0 is like near K networks, from the lengths of their rows alone.

    A block W has the part c · Ω(W) of f_0; c depends on W where f_0 is relative.

    Attributes:
        factors: c (K, B).
        pull: The length (K, B) that a proximal step of size 1 takes off a block's shortest row.
        radial: The gradient of what is smooth in f_0, of 1/‖W‖_F with Ω held still, is this number
            (K, B) times W. With Ω linearised away from that gradient and the proximal operator of
            Ω with c held still, the fixed points are exactly the stationary points of the ratio.
            Zero where a block has lone rows, for the ratio is constant there.
        slopes: A subgradient of f_0 is these numbers (K, B, R) times the rows; zero for zero rows.
        lone: The rows (K, B, R) that are all that a block has left: one row, or one cluster of
            ties. A relative f_0 is constant there, so it must not move them: what its gradient
            adds, the proximal step takes away, but with delay, and in steps that are large where
            the tasks' gradients vanish as well.
    """

    factors: Tensor
    pull: Tensor
    radial: Tensor
    slopes: Tensor
    lone: Tensor


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
        rows = [block.rows for block in each]
        self._shares = own_shares(each) if shares is None else tuple(shares)
        self._rows = SideBySide(rows, device)
        self._flat = settings.theta == "flat"
        self._limited = settings.max_layer_sparsity < 1
        self._clusters: Tensor | None = None
        thetas = [theta(settings.theta, count, settings.slope) for count in rows]
        self._theta = self._rows.together([one.unsqueeze(0).to(device) for one in thetas])[0]
        self._last_theta = torch.stack([one[-1] for one in thetas]).to(device)
        scales = [s / r**0.5 for s, r in zip(self._shares, rows, strict=True)]
        self._scales = torch.tensor(scales, device=device)
        # Rounded against what a person means by 0.9 of 10 rows.
        least = [max(1, r - int(settings.max_layer_sparsity * r + 1e-9)) for r in rows]
        self._least = torch.tensor(least, device=device)
        self.least = {block.name: count for block, count in zip(each, least, strict=True)}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters that are counted."""
        return tuple(layer.name for layer in self.blocks.layers)

    def joined(self, parameters: Tensors) -> dict[str, Tensor]:
        """The blocks (K, D, R) of stacked parameters, by their names; a layer alone is its own."""
        return self.blocks.joined(parameters)

    def smallest(self) -> float:
        """A lower bound of f_0 over all networks, the ideal of this objective.

        Relative: Ω/‖W‖ is smallest on an extreme ray of the cone of falling sequences, where j rows
        are equally long and the others zero, which leaves the number j to choose. Absolute: 0.
        """
        if not self.relative:
            return 0.0
        thetas = self._rows.apart(self._theta.unsqueeze(0))
        each = zip(self._shares, thetas, strict=True)
        return sum(share * _smallest(of_block[0]) for share, of_block in each)

    def value(self, parameters: Tensors) -> Tensor:
        """f_0 (K,), differentiable where rows are not zero; a zero row's gradient is zero.

        Args:
            parameters: Stacked parameters (K, …) by name.
        """
        lengths = self.lengths(self.joined(parameters))
        return (self._factors(lengths) * self._growl(lengths)).sum(dim=1)

    @torch.no_grad()
    def put_before(self, losses: Tensor, parameters: Tensors) -> Tensor:
        """The objectives (K, 1 + m) from the tasks' losses (K, m): f_0 is the first."""
        return torch.cat([self.value(parameters).unsqueeze(1), losses], dim=1)

    @torch.no_grad()
    def zero_rows(self, parameters: Tensors) -> Tensor:
        """How many of the counted rows are zero (K,)."""
        return zero_row_counts([parameters[name] for name in self.names])

    @torch.no_grad()
    def gradients(self, parameters: Tensors) -> dict[str, Tensor]:
        """A subgradient (K, …) of f_0 by name of the counted layers, those of zero rows zero."""
        counted = {name: parameters[name].detach() for name in self.names}
        blocks = self.joined(counted)
        slopes = self.apart(self.around(self.lengths(blocks)).slopes)
        each = zip(blocks.items(), slopes, strict=True)
        found = {name: over_rows(own, block) * block for (name, block), own in each}
        return self.blocks.apart(found, counted)

    def lengths(self, blocks: Tensors) -> Tensor:
        """The lengths (K, B, R) of the rows of all blocks (K, …), zero beyond a block's rows."""
        return self._rows.together([row_norms(blocks[block.name]) for block in self.blocks.each])

    def apart(self, numbers: Tensor) -> list[Tensor]:
        """Views (K, R_b) of numbers (K, B, R), those of each block's own rows."""
        return self._rows.apart(numbers)

    @torch.no_grad()
    def around(self, lengths: Tensor) -> Around:
        """What f_0 is like near networks whose rows have these lengths (K, B, R)."""
        tiny = torch.finfo(lengths.dtype).tiny
        factors = self._factors(lengths)
        lone, radial = torch.zeros_like(lengths, dtype=torch.bool), torch.zeros_like(factors)
        theirs = self._theta if self._flat else weight_of_each(lengths, self._theta)
        slopes = factors.unsqueeze(2) * theirs / lengths.clamp(min=tiny)
        slopes = torch.where(lengths > 0, slopes, 0)
        if self.relative:
            lone = self._lone(lengths > 0)
            constant = lone.any(dim=2)
            squares = lengths.square().sum(dim=2).clamp(min=tiny)
            radial = (factors * self._growl(lengths) / -squares).masked_fill(constant, 0)
            # Of a constant, but for rounding.
            slopes = (slopes + radial.unsqueeze(2)).masked_fill(constant.unsqueeze(2), 0)
        return Around(factors, self._last_theta * factors, radial, slopes, lone)

    @torch.no_grad()
    def shrunk(
        self, lengths: Tensor, step: Tensor, before: Around, *, zeros_allowed: bool = True
    ) -> Tensor:
        """By what the proximal steps of the blocks' Ω multiply their rows (K, B, R).

        The last row keeps its length where it would vanish. With a limit below 1, rows are no more
        shrunk once no others are left than have to stay: or they would stay, but as short as can
        be.

        Args:
            lengths: Those of the rows (K, B, R) after the gradient step.
            step: Size of each step (K, B), the multiplier of f_0 included.
            before: What f_0 was like before the gradient step; its lone rows keep their lengths.
            zeros_allowed: Whether rows may become zero, up to the limit of the settings.
        """
        thresholds = (step * before.factors).unsqueeze(2)
        own = lengths
        if not self._flat:
            thresholds = thresholds * self._theta
            # Behind all rows of its block, zero ones too.
            own = lengths.masked_fill(self._rows.filler, -torch.inf)
        found = shrunk_norms(own, thresholds)
        if zeros_allowed:
            found = self._with_the_least(found, lengths)
        else:
            found = torch.where(found > 0, found, lengths)
        found = torch.where(before.lone & (found > 0), lengths, found)
        return found / lengths.clamp(min=torch.finfo(lengths.dtype).tiny)

    def within(self, pattern: Pattern) -> "SparsityObjective":
        """The same for networks whose rows are tied as in a pattern."""
        found = copy.copy(self)
        clusters = self.blocks.representatives_joined(pattern.representatives)
        found._clusters = self._rows.together([clusters[block.name] for block in self.blocks.each])
        return found

    def _with_the_least(self, found: Tensor, lengths: Tensor) -> Tensor:
        """The lengths (K, B, R) after a step, so that in each block as many rows stay as have to.

        Args:
            found: The lengths as the step would make them.
            lengths: Those before.
        """
        most = max(self.least.values())
        own = lengths.masked_fill(self._rows.filler, -1) if self._rows.filled else lengths
        longest = own.topk(most, dim=2).indices
        kept = found.gather(2, longest)
        spared = kept == 0
        if self._limited:
            few = (found > 0).sum(dim=2) <= self._least
            counted = torch.arange(most, device=lengths.device) < self._least.unsqueeze(1)
            spared = few.unsqueeze(2) & counted
        return found.scatter(2, longest, torch.where(spared, lengths.gather(2, longest), kept))

    def _growl(self, lengths: Tensor) -> Tensor:
        """Ω (K, B)."""
        if self._flat:  # no order is needed
            return (lengths * self._theta).sum(dim=2)
        return growl(lengths, self._theta)

    def _factors(self, lengths: Tensor) -> Tensor:
        if not self.relative:
            return torch.ones_like(lengths[:, :, 0])
        size = torch.linalg.vector_norm(lengths, dim=2)
        factors: Tensor = self._scales / size.clamp(min=torch.finfo(lengths.dtype).tiny)
        return factors

    def _lone(self, left: Tensor) -> Tensor:
        """The rows (K, B, R), of those that are left, that are all that a block has left."""
        if self._clusters is None:
            return left & (left.sum(dim=2, keepdim=True) == 1)
        last = torch.where(left, self._clusters, -1).amax(dim=2, keepdim=True)
        first = torch.where(left, self._clusters, left.shape[2]).amin(dim=2, keepdim=True)
        return left & (first == last)


def _smallest(weights: Tensor) -> float:
    """The least Ω/‖W‖ of a block, divided by the root of its rows, for its θ (R,)."""
    sums = weights.cumsum(0)
    counts = torch.arange(1, len(sums) + 1, device=sums.device)
    return float((sums / (counts * len(sums)).sqrt()).min())
