"""Points that stand still: their phase ends early, whoever trains beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from paretocli.population.population import Population
from paretocli.solvers.base import Solver
from paretocli.training.best import take_up, worth_keeping

Train = tuple[Tensor, Tensor, Tensor]
"""Of an epoch's batches: the objectives (K, m), metrics (K, q) and auxiliary losses (K, a)."""

# What counts as better: noise makes some epoch a little better than all before it for ever.
VALUE = 1e-3  # of the validation value, relative to it
GAP = 0.01  # of the relative gap; below it the certificate is as good as the solver makes it


class Standstill:
    """Ends the phase of each subproblem whose validation value and certificate stand still.

    Both have to: a value that stays while the multipliers settle may fall once they have. What has
    ended is put back after each epoch that the others still train, so that a point comes out the
    same alone and in company.

    Args:
        size: Number of subproblems K.
        patience: Epochs without anything better after which a phase ends; 0 for never.
        together: Whether they learn from each other, and so end together.

    Attributes:
        kept: Copies of what has ended, K leading; empty as long as nobody has.
        company: Those of all subproblems that train together, where these are some of them.
    """

    def __init__(self, size: int, patience: int, *, together: bool) -> None:
        self.patience = patience
        self.together = together
        self.value = torch.full((size,), torch.inf)
        self.gap = torch.full((size,), torch.inf)
        self.still = torch.zeros(size, dtype=torch.int64)
        self.ended = torch.zeros(size, dtype=torch.bool)
        self.epochs = torch.zeros(size, dtype=torch.int64)
        self.kept: dict[str, Tensor] = {}
        self.over = torch.zeros(size, dtype=torch.bool)
        self.company: Sequence[Standstill] = (self,)

    @property
    def all_ended(self) -> bool:
        """Whether nobody's phase goes on."""
        return all(bool(one.ended.all()) for one in self.company)

    @property
    def active(self) -> int:
        """How many still train."""
        return int((~self.ended).sum())

    def new_phase(self) -> None:
        """Everybody trains again; what was found of the phase before says nothing of this one."""
        self.value.fill_(torch.inf)
        self.gap.fill_(torch.inf)
        self.still.zero_()
        self.ended.zero_()
        self.over.zero_()

    def hold(self, population: Population, solver: Solver, train: Train) -> None:
        """Put those back whose phase has ended; count an epoch for the others.

        Args:
            population: After an epoch of training.
            solver: The same.
            train: What its batches came to; of who has ended, those of its
                own last epoch take their place.
        """
        self.epochs += (~self.ended).to(self.epochs)
        if not self.ended.any():
            return
        now = _everything(population, solver, train)
        for name, tensor in now.items():
            back = self.ended.to(tensor.device)
            tensor[back] = self.kept[name][back]
        take_up(now, population, solver)

    def observe(
        self,
        value: Tensor,
        relative_gap: Tensor | None,
        failed: Tensor,
        after: tuple[Population, Solver, Train],
        *,
        warming_up: bool = False,
    ) -> None:
        """See what an epoch came to.

        Args:
            value: The validation values (K,), NaN of those that diverged.
            relative_gap: The certificate (K,), None where the solver gives none.
            failed: Who has diverged (K,); nobody waits for them.
            after: Population, solver and figures of training, of which copies are kept.
            warming_up: Whether the learning rate has yet to reach its height: nobody stands still
                then.
        """
        if not self.patience:
            return
        value, better = value.detach().cpu(), torch.zeros_like(self.ended)
        better |= value < self.value - VALUE * self.value.abs().nan_to_num(posinf=0.0)
        self.value = torch.where(value < self.value, value, self.value)
        if relative_gap is not None:
            gap = relative_gap.detach().cpu().clamp(min=GAP)
            better |= gap <= self.gap - GAP
            self.gap = torch.where(gap < self.gap, gap, self.gap)
        self.still = torch.where(better | warming_up, 0, self.still + 1)
        self.over = (self.still >= self.patience) | failed
        # Nobody goes on beside those who end together, so nothing is put back.
        newly = self.over & ~self.ended & (not self.together)
        if newly.any():
            self._keep(_everything(*after), newly)
            self.ended |= newly
        if len(self.company) == 1:
            self.end_together()

    def end_together(self) -> None:
        """End the phase of those who learn from each other, once it is over for all of them."""
        if self.together and all(bool(one.over.all()) for one in self.company):
            self.ended.fill_(True)

    def state_dict(self) -> dict[str, Any]:
        """The state, for a checkpoint."""
        names = ("value", "gap", "still", "ended", "epochs")
        return {**{name: getattr(self, name) for name in names}, "kept": dict(self.kept)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state given by `state_dict`."""
        for name in ("value", "gap", "still", "ended", "epochs"):
            getattr(self, name).copy_(state[name])
        self.kept = dict(state["kept"])

    def _keep(self, now: dict[str, Tensor], newly: Tensor) -> None:
        if not self.kept:
            self.kept = {name: tensor.clone() for name, tensor in now.items()}
        for name, tensor in now.items():
            there = newly.to(tensor.device)
            self.kept[name][there] = tensor[there]


def _everything(population: Population, solver: Solver, train: Train) -> dict[str, Tensor]:
    """What an epoch leaves, K leading; the figures of training themselves, no copies."""
    figures = zip(("losses", "metrics", "auxiliary"), train, strict=True)
    # Checkpoints of 0.2.0 have no auxiliary losses.
    return worth_keeping(population, solver) | {name: one for name, one in figures if one.numel()}
