"""The best epoch of each subproblem, and what the population was then."""

from typing import Any

import torch
from torch import Tensor

from paretocli.population.population import Population
from paretocli.solvers.base import Solver
from paretocli.solvers.running_mean import MEAN_NAMES
from paretocli.sparsity.pattern import Pattern
from paretocli.training.kept import KeptEpoch, KeptEpochs

NETWORK, SOLVER = "network.", "solver."

LATER_NAMES = frozenset(f"{SOLVER}{name}" for name in MEAN_NAMES)
"""What states of 0.2.0 lack."""


class Best:
    """Keeps, for each subproblem, the tensors of the epoch with the smallest value.

    Args:
        tensors: Tensors (K, …) by name, of which copies are kept.
        size: K.
        most: How many further epochs of each are kept, which none of its others beats.
    """

    def __init__(self, tensors: dict[str, Tensor], size: int, most: int = 0) -> None:
        device = next(iter(tensors.values())).device
        self.value = torch.full((size,), torch.inf, device=device)
        self.epoch = torch.zeros(size, dtype=torch.int64, device=device)
        self.tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        self._kept = KeptEpochs(size, most) if most else None

    @classmethod
    def of(cls, population: Population, solver: Solver, most: int) -> "Best":
        """That of a population before any epoch counts."""
        return cls(worth_keeping(population, solver), population.size, most)

    def update(
        self, value: Tensor, epochs: Tensor, tensors: dict[str, Tensor], losses: Tensor
    ) -> None:
        """Take over the subproblems whose value (K,) fell; NaN never does.

        Args:
            value: By which the best epoch is chosen; NaN for who has failed.
            epochs: Its number for each (K,).
            tensors: What makes up its state.
            losses: Of all objectives (K, m), by which further ones are kept.
        """
        # Numbers, not a mask: a GPU is waited for once, not for each tensor.
        better = self._better(value).nonzero().flatten()
        self.value[better] = value[better]
        self.epoch[better] = epochs.to(self.epoch.device)[better]
        for name, tensor in tensors.items():
            self.tensors[name][better] = tensor.detach()[better]
        if self._kept is not None:
            self._kept.update(losses, epochs, tensors, self.epoch, value.isfinite())

    def _better(self, value: Tensor) -> Tensor:
        """Whose epoch is better than what was best (K,)."""
        return value < self.value

    def beside(self, pattern: Pattern | None) -> tuple[tuple[KeptEpoch, ...], ...]:
        """The further epochs that are kept of each subproblem; nothing where none are.

        Args:
            pattern: The zero rows and ties that their networks have.
        """
        if self._kept is None:
            return ()
        return self._kept.beside(self.epoch, {} if pattern is None else pattern.representatives)

    def state_dict(self) -> dict[str, Any]:
        """The state, for a checkpoint."""
        kept = {} if self._kept is None else {"kept": self._kept.state_dict()}
        return {"value": self.value, "epoch": self.epoch, "tensors": self.tensors, **kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state given by `state_dict`."""
        self.value.copy_(state["value"])
        self.epoch.copy_(state["epoch"])
        for name, tensor in self.tensors.items():
            if name in state["tensors"] or name not in LATER_NAMES:
                tensor.copy_(state["tensors"][name])
        # Where a population has branched, nothing of what was before counts.
        if self._kept is not None and "kept" in state:
            self._kept.load_state_dict(state["kept"], self.tensors)


class BestTogether(Best):
    """The same, with one best epoch for all of them: that with the smallest mean value.

    NaN counts for nobody, and whoever has it keeps what it had.
    """

    def apart(self, population: Population, solver: Solver, most: int) -> Best:
        """What goes on from here with an epoch for each."""
        found = Best.of(population, solver, most)
        found.load_state_dict(self.state_dict())
        return found

    def _better(self, value: Tensor) -> Tensor:
        sound = value.isfinite()
        known = self.value.where(sound, 0.0).sum()
        return sound & (value.where(sound, 0.0).sum() < known)


def worth_keeping(population: Population, solver: Solver) -> dict[str, Tensor]:
    """What makes up an epoch's state: the networks, and the multipliers that they belong to."""
    network = {f"{NETWORK}{name}": t for name, t in population.state_dict().items()}
    return network | {f"{SOLVER}{name}": t for name, t in solver.state_dict().items()}


def take_up(tensors: dict[str, Tensor], population: Population, solver: Solver) -> None:
    """Go back to what was kept."""
    population.load_state_dict(_part(tensors, NETWORK))
    solver.load_state_dict(_part(tensors, SOLVER))


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
