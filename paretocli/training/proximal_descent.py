"""Steps whose first objective is sparsity: proximal in it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from paretocli.population.optimizer_states import take_up
from paretocli.population.population import Population
from paretocli.sparsity.layers import over_rows
from paretocli.sparsity.objective import SparsityObjective
from paretocli.sparsity.pattern import Pattern, zero_rows
from paretocli.sparsity.proximal import HeldBack, ProximalOptimizer
from paretocli.training.averages import Averages
from paretocli.training.descent import Descent, Steps
from paretocli.training.settings import TrainingSettings


class ProximalDescent(Descent):
    """Sparsity is the first objective: its proximal step follows that of the optimiser.

    Args:
        population, settings, pattern: As for `Descent`.
        sparsity: f_0.
        zeros_allowed: Whether (further) rows may become zero.
    """

    def __init__(
        self,
        population: Population,
        settings: TrainingSettings,
        sparsity: SparsityObjective,
        pattern: Pattern | None = None,
        *,
        zeros_allowed: bool = True,
    ) -> None:
        self.sparsity = sparsity if pattern is None else sparsity.within(pattern)
        self.zeros_allowed = zeros_allowed
        super().__init__(population, settings, pattern)

    def objectives(self, losses: Tensor) -> Tensor:
        """f_0 and the tasks' losses (K, 1 + t).

        f_0 enters as a leaf: what the solver's scalar leaves in its `grad` is the coefficient that
        the proximal step needs, whatever the solver.
        """
        with torch.no_grad():
            value = self.sparsity.value(self.population.parameters)
        self._leaf = value.requires_grad_()
        return torch.cat([self._leaf.unsqueeze(1), losses], dim=1)

    def _of_tasks(self, objectives: Tensor) -> Tensor:
        return objectives[:, 1:]

    def _of_all(self, of_tasks: Sequence[dict[str, Tensor]]) -> Sequence[dict[str, Tensor]]:
        nothing = {n: torch.zeros_like(p) for n, p in self.population.parameters.items()}
        return [nothing | self.sparsity.gradients(self.population.parameters), *of_tasks]

    @contextmanager
    def zero_rows_kept(self) -> Iterator[None]:
        """What was zero in a counted layer is zero again afterwards."""
        counted = {name: self.population.parameters[name] for name in self.sparsity.names}
        kept = {name: (~zero_rows(weights)).to(weights.dtype) for name, weights in counted.items()}
        yield
        with torch.no_grad():
            for name, weights in counted.items():
                weights.mul_(over_rows(kept[name], weights))

    def held_back(self) -> HeldBack:
        """How near rows are to coming back where they are zero."""
        return self._proximal.held_back()

    def move(self, device: torch.device) -> Mapping[int, Tensor]:
        """As for other steps, of which the proximal one keeps something too."""
        parameters = super().move(device)
        self._proximal.move(parameters, device)
        return parameters

    def _optimizers(self) -> list[Steps]:
        counted = {name: self.population.parameters[name] for name in self.sparsity.names}
        others = [name for name in self.population.parameters if name not in counted]
        # A network of counted layers alone has nothing that is free.
        self._free = [self._optimizer(others)] if others else []
        # Rows that become zero together take one step.
        groups = self._grouped(counted, self.sparsity.blocks.slowest(self._rates))
        self._proximal = ProximalOptimizer(
            counted,
            self.sparsity,
            self._recipe.kind,
            [group.with_parameters(counted, self._recipe.lr) for group in groups],
            zeros_allowed=self.zeros_allowed,
        )
        return [*self._free, self._proximal]

    def _take_up(self, optimizer: Steps, state: dict[str, Any]) -> None:
        if optimizer is self._proximal:
            take_up(self._proximal, state, self._proximal.kept_shapes())
        else:
            super()._take_up(optimizer, state)

    def _averages_of(self, decay: float) -> Averages:
        return Averages(self.population, decay, self.sparsity.names, self.pattern)

    def _clip(self) -> Tensor:
        """The pull of sparsity is scaled with the tasks' gradient, or a step would follow others.

        Where the gradient is always longer than it may be, as that of the tasks may be at a
        solution too, sparsity would count for more than its weight says.
        """
        factors = super()._clip()
        assert self._leaf.grad is not None
        self._leaf.grad.mul_(factors)
        return factors

    def _step(self, without: Sequence[int] = ()) -> None:
        assert self._leaf.grad is not None
        super()._step(without)
        self._proximal.proximal_step(self._leaf.grad)


def descent_of(
    population: Population,
    settings: TrainingSettings,
    sparsity: SparsityObjective | None,
    pattern: Pattern | None,
    *,
    zeros_allowed: bool,
) -> Descent:
    """The one for a phase: proximal where sparsity is an objective."""
    if sparsity is None:
        return Descent(population, settings, pattern)
    return ProximalDescent(population, settings, sparsity, pattern, zeros_allowed=zeros_allowed)
