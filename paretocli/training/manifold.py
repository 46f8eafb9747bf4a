"""Training K subproblems as mixtures of m networks, one a task: Pareto manifold learning.

The ends are trained for random mixtures, several a step, each by its own shares as weights; the
network of a subproblem is the mixture by its weights, and all are those of one epoch, the best for
all together. From some epoch on each point may go on by itself. Multipliers are a point's own, and
begin then: until then they stay alike. Other ends make other networks of weights.

Dimitriadis, Frossard and Fleuret, *Pareto Manifold Learning: Tackling multiple tasks via ensembles
of single-task models*, ICML 2023.
"""

from collections.abc import Generator
from dataclasses import replace
from itertools import islice
from typing import Any

import torch

from paretocli.core.problem import Problem
from paretocli.distillation.teachers import Teachers
from paretocli.population.batch_norm import remembering
from paretocli.population.ends import for_factors
from paretocli.population.population import Population
from paretocli.solvers.base import Solver
from paretocli.training.batches import batches, mixed_seed
from paretocli.training.best import Best, BestTogether
from paretocli.training.descent import Descent
from paretocli.training.evaluation import means_of
from paretocli.training.losses import TrainingLosses
from paretocli.training.mixing import Mixing
from paretocli.training.passing import Exchange
from paretocli.training.settings import TrainingSettings
from paretocli.training.standstill import Train
from paretocli.training.trainer import Trainer

SHARES = 3  # what an epoch draws from besides its order, its dropout and its samples' chance
MEASURED = 1024  # samples of training by which the points are measured after an epoch


class ManifoldTrainer(Trainer):
    """Trains mixtures of m networks; used like a `Trainer` of the K subproblems.

    A mixture that is trained for an epoch counts as one network that is. Batch norm remembers
    nothing that is of use to mixtures: after each epoch its statistics are measured again for each
    of the K, and so are their losses of training, on the epoch's first batches.

    Args:
        problem: Data and tasks; all objectives are tasks.
        population: The K networks.
        solver: Knows their weights; trains them once they go on by themselves.
        settings: Epochs, optimiser and the like.
        mixing: The m networks that are mixed.
        until: The epochs after which each point goes on by itself.
        teachers: What the networks imitate beside.
    """

    def __init__(
        self,
        problem: Problem,
        population: Population,
        solver: Solver,
        settings: TrainingSettings,
        *,
        mixing: Mixing,
        until: int,
        teachers: Teachers | None = None,
    ) -> None:
        self.mixing: Mixing | None = mixing
        self.until = until
        super().__init__(problem, population, solver, settings, teachers=teachers)
        self.best: Best = BestTogether.of(population, solver, settings.kept)
        self._losses = TrainingLosses(problem, population, apart=False, teachers=teachers)

    def steps(self) -> Generator[Exchange, None, Train]:
        """An epoch of the mixtures, or of each point by itself."""
        if self.mixing is not None and self.epoch >= self.until:
            self._part()
        if self.mixing is None:
            return (yield from super().steps())
        return self._epoch_of(self.mixing)

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on, readable by `torch.load(weights_only=True)`."""
        own = {} if self.mixing is None else {"mixing": self.mixing.state_dict()}
        return {**super().state_dict(), **own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state given by `state_dict`.

        Raises:
            Exception: It is none of this trainer's; of which kind, torch decides.
        """
        if "mixing" not in state:
            self._part()
        elif self.mixing is not None:
            self.mixing.load_state_dict(state["mixing"])
        super().load_state_dict(state)

    def _descent(self) -> Descent:
        if self.mixing is None:
            return Descent(self.population, self.settings)
        ends = self.mixing.ends
        settings = replace(
            self.settings,
            lr_factors=for_factors(self.settings.lr_factors, ends),
            undecayed=frozenset(for_factors(dict.fromkeys(self.settings.undecayed, 1.0), ends)),
        )
        return Descent(ends.copies, settings)

    def _part(self) -> None:
        """Each point goes on by itself, from the mixture that it is."""
        self.mixing = None
        self.descent = self._descent()
        if isinstance(self.best, BestTogether):
            self.best = self.best.apart(self.population, self.solver, self.settings.kept)

    def _epoch_of(self, mixing: Mixing) -> Train:
        settings, phases = self.settings, self.phases
        self.subproblem_epochs += mixing.draws.size
        mixing.begin_epoch(self.population)
        torch.manual_seed(mixed_seed(settings.seed, phases.order, 1))
        generator = torch.Generator()
        generator.manual_seed(mixed_seed(settings.seed, phases.order, SHARES))
        found = []
        for batch, step, steps in batches(self.splits["train"], settings, phases.order):
            losses, _, auxiliary = mixing.gradient(batch, self.descent, generator)
            found.append(torch.cat([losses, auxiliary], dim=1))
            self.descent.step(phases.rate(step, steps))
        # A mixture's loss that is no number leaves no end as it was, and so no point.
        seen = torch.stack(found).mean(dim=1, keepdim=True)
        self.breakdown.observe(seen.expand(-1, self.population.size, -1))
        with self.descent.averaged(phases.standstill.ended):
            mixing.ends.mix_into_(self.population, self.solver.scalarization.weights)
        return self._measured_anew()

    @torch.no_grad()
    def _measured_anew(self) -> Train:
        """What the points' batch norm remembers, and their losses, on some batches of training."""
        settings = self.settings
        size = min(settings.batch_size, len(self.splits["train"]))
        several = batches(self.splits["train"], settings, self.phases.order)
        found, seen = [], 0
        with remembering(self.population.network) as weigh:
            for batch, _, _ in islice(several, -(-MEASURED // size)):
                parts = []
                for part in self._losses.parts(batch, settings.micro_batch):
                    seen += 1
                    weigh(seen)
                    parts.append([part.share * one for one in self._losses.of(part)])
                losses, statistics = (
                    torch.stack(each).sum(dim=0) for each in zip(*parts, strict=True)
                )
                objectives, auxiliary = self.auxiliary.apart(losses)
                found.append((objectives, statistics, auxiliary))
        return means_of(found, self.population)
