"""Widths that are to be multiples of a number: before retraining, rows go and rows come back."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from paretocli.compaction.widths import Widths
from paretocli.population.copies import Copies
from paretocli.sparsity.layers import row_norms, rows_first
from paretocli.sparsity.objective import SparsityObjective
from paretocli.sparsity.proximal import TINY, HeldBack
from paretocli.sparsity.rounding import Marks, Numbers, Rounding
from paretocli.training.size_limit import SizeLimit

Tensors = Mapping[str, Tensor]


class RoundedWidths:
    """Makes the widths of networks multiples where their search ends.

    A zero row is nearest to coming back whose gradient, averaged over the last steps, is longest
    beside the pull of sparsity: at 1 it would be no longer zero. What it was before is lost. So it
    comes back as one step down that gradient would have it, as long as the shortest row of its
    block.

    Args:
        multiple: What widths are to be multiples of.
        find: The widths of the network; asked for once.
    """

    def __init__(self, multiple: int, find: Callable[[], Widths]) -> None:
        self._multiple = multiple
        self._find = find
        self._widths: Widths | None = None

    @torch.no_grad()
    def round_(
        self,
        population: Copies,
        sparsity: SparsityObjective,
        held: HeldBack,
        healthy: Tensor,
        limit: SizeLimit | None,
    ) -> None:
        """Make rows zero, or not zero any more, in place.

        Args:
            population: The networks.
            sparsity: Knows whose rows count, and how many have to stay.
            held: What the steps of the search tell of zero rows.
            healthy: (K,), the others stay as they are.
            limit: What the networks are to be no larger than, if anything: where one is small
                enough, and would not be with rows that come back, rows only go.
        """
        if self._widths is None:
            self._widths = self._find()
        rounding = Rounding(sparsity.blocks, sparsity.least, self._widths, self._multiple)
        for member in healthy.nonzero().flatten().tolist():
            tensors = {name: t[member] for name, t in population.state_dict().items()}
            one = _Member(tensors, sparsity, held, member)
            rounded = one.within(rounding.stay(one.strengths, up=True))
            if limit is not None and limit.holds(tensors) and not limit.holds(tensors | rounded):
                rounded = one.within(rounding.stay(one.strengths, up=False))
            for name, layer in rounded.items():
                tensors[name].copy_(layer)


class _Member:
    """One of the networks.

    Args:
        tensors: Its tensors by name.
        sparsity, held: As for `RoundedWidths.round_`.
        member: Its place.
    """

    def __init__(
        self, tensors: Tensors, sparsity: SparsityObjective, held: HeldBack, member: int
    ) -> None:
        self._blocks = sparsity.blocks
        self._counted = {name: tensors[name].unsqueeze(0) for name in sparsity.names}
        self._joined = self._blocks.joined(self._counted)
        self._gradients = {name: g[member].unsqueeze(0) for name, g in held.gradients.items()}
        self._ratios = {name: ratio[member] for name, ratio in held.ratios.items()}

    @property
    def strengths(self) -> Numbers:
        """What each row is worth, as `Rounding.stay` takes it."""
        found = [_strengths(block, self._ratios[name]) for name, block in self._joined.items()]
        strengths: Numbers = torch.cat(found).numpy()
        return strengths

    def within(self, stay: Marks) -> dict[str, Tensor]:
        """The counted layers of which some rows are not zero, and the others are; copies."""
        sizes = [len(ratio) for ratio in self._ratios.values()]
        parts = torch.split(torch.from_numpy(stay), sizes)
        made = {
            name: _with_rows(block, part, self._gradients[name])
            for (name, block), part in zip(self._joined.items(), parts, strict=True)
        }
        layers = self._blocks.apart(made, self._counted)
        return {name: layer[0] for name, layer in layers.items()}


def _strengths(block: Tensor, ratio: Tensor) -> Tensor:
    """Of the rows (R,) of a block (1, out, R, …)."""
    norms = row_norms(block)[0].cpu().double()
    near = ratio.cpu().double()
    return torch.where(norms > 0, 1 + norms / norms.max().clamp(min=TINY), near / (1 + near))


def _with_rows(block: Tensor, stay: Tensor, gradient: Tensor) -> Tensor:
    """A block (1, out, R, …) of which just some rows (R,) are not zero."""
    made, norms = block.clone(), row_norms(block)[0]
    rows, stay = rows_first(made)[0], stay.to(block.device)
    rows[~stay] = 0
    back = stay & (norms == 0)
    if back.any():
        steps = -rows_first(gradient)[0][back]
        # Where no gradient has reached it, any row will do.
        steps[~steps.flatten(1).any(dim=1)] = 1
        lengths = torch.linalg.vector_norm(steps.flatten(1), dim=1, keepdim=True)
        lengths = lengths.reshape(-1, *[1] * (steps.dim() - 1))
        there = norms[norms > 0]
        rows[back] = steps / lengths * (there.min() if len(there) else 1)
    return made
