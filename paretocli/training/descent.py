"""How a training step changes the parameters: freely or within a pattern."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from paretocli.population.clipping import clip_
from paretocli.population.copies import Copies
from paretocli.population.in_turn import InTurn, one_of
from paretocli.population.mixing import mix_
from paretocli.population.optimizer_states import kept_by, move, take_up
from paretocli.population.optimizers import optimizer_hook
from paretocli.population.recipe import Group, recipe_of
from paretocli.sparsity.pattern import Pattern
from paretocli.training.averages import Averages
from paretocli.training.held import held
from paretocli.training.settings import TrainingSettings
from paretocli.training.thawing import trained

Steps = Optimizer | InTurn


class Descent:
    """Steps of the optimiser; the objectives are the tasks' losses.

    Args:
        population: The K networks.
        settings: Optimiser, learning rate and weight decay.
        pattern: Zero rows that stay zero and ties that hold, after every step.
    """

    def __init__(
        self,
        population: Copies,
        settings: TrainingSettings,
        pattern: Pattern | None = None,
    ) -> None:
        self.population = population
        self.pattern = pattern
        self.clip_norm = settings.clip_norm
        self._undecayed = settings.undecayed
        self._recipe = recipe_of(
            settings.hook or optimizer_hook(settings.optimizer),
            one_of(population.parameters, 0),
            lr=settings.lr,
            weight_decay=settings.weight_decay,
        )
        self._rates = self._recipe.factors(settings.lr_factors)
        # What the learning rate is multiplied by, for each group of each optimiser.
        self._factors: list[list[float]] = []
        self.optimizers: list[Steps] = self._optimizers()
        self._keep_pattern()
        self._averages = self._averages_of(settings.ema) if settings.ema else None

    def objectives(self, losses: Tensor) -> Tensor:
        """The objectives (K, m) from the tasks' losses, to be given to the solver."""
        return losses

    def gramian(self, objectives: Tensor) -> Tensor:
        """The inner products ∇f_i · ∇f_j (K, m, m) of the objectives' gradients."""
        return self.products(self.gradients_of(self._of_tasks(objectives)))

    def products(self, of_tasks: Sequence[dict[str, Tensor]]) -> Tensor:
        """The same from the gradients of the tasks' losses, by the parameters' names."""
        gradients = self._of_all(of_tasks)
        parts = []
        for name in trained(self.population):
            rows = torch.stack([g[name].reshape(len(g[name]), -1) for g in gradients])
            parts.append(torch.einsum("ikn,jkn->kij", rows, rows))
        return torch.stack(parts).sum(dim=0)

    def gradients_of(self, losses: Tensor) -> list[dict[str, Tensor]]:
        """The gradient of each task's loss (K, t), by the parameters' names; zero where none is."""
        parameters = trained(self.population)
        found = []
        for j in range(losses.shape[1]):
            gradients = torch.autograd.grad(
                losses[:, j].sum(),
                list(parameters.values()),
                retain_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
            found.append(dict(zip(parameters, gradients, strict=True)))
        return found

    def _of_tasks(self, objectives: Tensor) -> Tensor:
        return objectives

    def _of_all(self, of_tasks: Sequence[dict[str, Tensor]]) -> Sequence[dict[str, Tensor]]:
        """The objectives' gradients, from those of the tasks' losses."""
        return of_tasks

    def zero_grad(self) -> None:
        """Forget the last step's gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def mix(self, matrix: Tensor, names: Sequence[str], healthy: Tensor) -> None:
        """Θ ← M Θ, before the step. Each network keeps its own optimiser state and its zero rows.

        Args:
            matrix: M (K, K).
            names: The parameters and buffers that take part.
            healthy: Which networks are finite (K,).
        """
        tensors = self.moving()
        with self.zero_rows_kept():
            mix_({name: tensors[name] for name in names if name in tensors}, matrix, healthy)

    def moving(self) -> dict[str, Tensor]:
        """The tensors of the networks without those that are frozen for now."""
        frozen = self.population.parameters.keys() - trained(self.population).keys()
        return {n: t for n, t in self.population.state_dict().items() if n not in frozen}

    @contextmanager
    def zero_rows_kept(self) -> Iterator[None]:
        """Rows that a network has made zero do not come back from others meanwhile."""
        yield

    def move(self, device: torch.device) -> Mapping[int, Tensor]:
        """Have the population and all that steps keep wait on another device, or come back."""
        parameters = self.population.move(device)
        if self._averages is not None:
            self._averages.move(device)
        for optimizer in self._free:
            if isinstance(optimizer, InTurn):
                optimizer.move(parameters, device)
            else:
                move(optimizer, parameters, device)
        return parameters

    def step(self, rate: float, skipped: Tensor | None = None) -> None:
        """Change the parameters, by their `grad`.

        Args:
            rate: The learning rate.
            skipped: Who is left out (K,), whose gradient is zero; nobody without.
        """
        for optimizer, factors in zip(self.optimizers, self._factors, strict=True):
            for group, factor in zip(optimizer.param_groups, factors, strict=True):
                group["lr"] = rate * factor
        if self.pattern is not None:
            gradients = {name: p.grad for name, p in self.population.parameters.items()}
            self.pattern.project_({n: g for n, g in gradients.items() if g is not None})
        if self.clip_norm > 0:
            self._clip()
        if skipped is None or not skipped.any():
            self._step()
        else:
            rows = skipped.nonzero().flatten()
            stacked = [one for one in self.optimizers if isinstance(one, Optimizer)]
            with held(self.population.parameters, stacked, rows):
                self._step(rows.tolist())
        # A step leaves the pattern by no more than rounding, and that is taken away.
        self._keep_pattern()
        if self._averages is not None:
            self._averages.update()

    def averaged(self, ended: Tensor) -> AbstractContextManager[None]:
        """Meanwhile the networks are their averages, where these are asked for, after an epoch.

        Args:
            ended: Whose training has ended (K,).
        """
        return nullcontext() if self._averages is None else self._averages.shown(ended)

    def state_dict(self) -> list[dict[str, Any]]:
        """The optimisers' states, and that of the averages."""
        last = [] if self._averages is None else [self._averages.state_dict()]
        return [optimizer.state_dict() for optimizer in self.optimizers] + last

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Take up states given by `state_dict`.

        Raises:
            Exception: They are not of these parameters.
        """
        if self._averages is not None:
            *states, averages = states
            self._averages.load_state_dict(averages)
        for optimizer, state in zip(self.optimizers, states, strict=True):
            self._take_up(optimizer, state)

    def _take_up(self, optimizer: Steps, state: dict[str, Any]) -> None:
        if isinstance(optimizer, InTurn):
            optimizer.load_state_dict(state)
        else:
            take_up(optimizer, state, kept_by(optimizer))

    def _optimizers(self) -> list[Steps]:
        self._free = [self._optimizer(self.population.parameters)]
        return list(self._free)

    def _optimizer(self, names: Iterable[str]) -> Steps:
        """One for some parameters: of all networks together, or each has its own."""
        recipe, everything = self._recipe, self.population.parameters
        groups = self._grouped(names, self._rates)
        if recipe.stackable:
            return recipe.stacked(everything, groups)
        self._factors[-1] = self._factors[-1] * self.population.size
        return InTurn(partial(recipe.alone, groups=groups), everything)

    def _grouped(self, names: Iterable[str], rates: Mapping[str, float]) -> tuple[Group, ...]:
        """The groups of an optimiser's parameters, whose factors are noted."""
        groups = self._recipe.grouped(names, rates, self._undecayed)
        self._factors.append([group.factor for group in groups])
        return groups

    def _clip(self) -> Tensor:
        """Shorten the gradients that are too long; what each was multiplied by (K,)."""
        gradients = (parameter.grad for parameter in self.population.parameters.values())
        return clip_([g for g in gradients if g is not None], self.clip_norm)

    def _step(self, without: Sequence[int] = ()) -> None:
        """Step those that are free, of those that have an optimiser of their own all but some."""
        for optimizer in self._free:
            if isinstance(optimizer, InTurn):
                optimizer.step(without)
            else:
                optimizer.step()

    def _averages_of(self, decay: float) -> Averages:
        return Averages(self.population, decay, pattern=self.pattern)

    def _keep_pattern(self) -> None:
        if self.pattern is not None:
            self.pattern.project_(self.moving())
