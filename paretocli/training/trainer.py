"""The loop that trains a population: steps, epochs, evaluation, the certificate."""

import time
from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from paretocli.core.placing import placed_function
from paretocli.core.problem import Problem
from paretocli.core.splits import SPLITS, Split
from paretocli.distillation.imitation import is_adaptor
from paretocli.distillation.teachers import Teachers
from paretocli.population.population import Population
from paretocli.population.transfer import Transfer
from paretocli.solvers.base import Solver
from paretocli.sparsity.objective import SparsityObjective
from paretocli.sparsity.pattern import Pattern
from paretocli.training.batches import batches, mixed_seed
from paretocli.training.best import Best, take_up, worth_keeping
from paretocli.training.breakdown import Breakdown
from paretocli.training.certificate import stationarity
from paretocli.training.claims import Claims
from paretocli.training.descent import Descent
from paretocli.training.evaluation import evaluate_all, means_of
from paretocli.training.gradients import StepGradients
from paretocli.training.losses import TrainingLosses
from paretocli.training.passing import Exchange, Passing, completed
from paretocli.training.phases import Phases
from paretocli.training.proximal_descent import ProximalDescent, descent_of
from paretocli.training.reports import EpochReport, Figures, Outcome, copy_of
from paretocli.training.search_end import back_where_failed, copied, relax, tied
from paretocli.training.settings import TrainingSettings
from paretocli.training.shown import deciding, is_measured
from paretocli.training.standstill import Standstill, Train
from paretocli.training.state import refuse_other_shapes
from paretocli.training.thawing import Thawing


class Trainer:
    """Trains K subproblems of one problem together.

    With sparsity there are two phases: the *search* makes rows zero; then similar rows are tied,
    and the network is *retrained* with zero rows and ties kept; further rows may become zero.

    Args:
        problem: Data and tasks.
        population: The K networks.
        solver: Turns objectives into what is differentiated.
        settings: Epochs, optimiser and the like.
        sparsity: The first objective, or None where the tasks' losses are all.
        pattern: Zero rows and ties to be kept as they are from the start; there is no search then.
        transfer: What the subproblems pass to each other until the search ends, if anything.
        transferred: The parameters and buffers that take part.
        teachers: What the networks imitate beside; their terms are part of the losses of training.
    """

    def __init__(
        self,
        problem: Problem,
        population: Population,
        solver: Solver,
        settings: TrainingSettings,
        *,
        sparsity: SparsityObjective | None = None,
        pattern: Pattern | None = None,
        transfer: Transfer | None = None,
        transferred: Sequence[str] = (),
        teachers: Teachers | None = None,
    ) -> None:
        self.population = population
        self.solver = solver
        self.settings = settings
        self.sparsity = sparsity
        self.pattern = pattern
        self.passing = Passing(transfer, transferred)
        self.prepare = placed_function(problem.prepare, settings.device)
        self.evaluation_batch = problem.evaluation_batch
        self.splits = {
            name: samples.to(settings.device) for name, samples in problem.splits().items()
        }
        apart = settings.streams is not None
        losses = TrainingLosses(problem, population, apart=apart, teachers=teachers)
        self.auxiliary = losses.auxiliary
        self.gradients = StepGradients(population, solver, losses, settings.micro_batch)
        self.seconds, self.subproblem_epochs = 0.0, 0
        self.failed_epoch = torch.zeros(population.size, dtype=torch.int64)
        count = len(problem.trained) + (1 if sparsity is not None else 0)
        self.breakdown = Breakdown(population.size, count, together=solver.joins)
        self.claims = Claims(solver)
        self.zeros_allowed = pattern is None
        self.descent = self._descent()
        self.thawing = Thawing(population, settings.thaw_epochs, sparsity)
        self.best = Best.of(population, solver, settings.kept)
        self.search_end: dict[str, Tensor] | None = None
        joined = transfer is not None or solver.joins
        self.phases = Phases(
            settings,
            Standstill(population.size, settings.patience, together=joined),
            two=sparsity is not None and pattern is None and settings.retrain_epochs > 0,
        )

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.phases.epoch

    @property
    def finished(self) -> bool:
        """Whether nothing is left to train."""
        return self.phases.finished or bool((self.failed_epoch > 0).all())

    def run_epoch(self) -> EpochReport:
        """Train for one epoch, evaluate, and keep what is best so far."""
        return completed(self.stretches())

    def stretches(self) -> Generator[Exchange, None, EpochReport]:
        """The same, with stops where somebody else is to pass the parameters on."""
        started = time.perf_counter()
        if self.phases.search_over:
            self.end_search()
        self.thawing.begin_epoch(self.epoch)
        standstill = self.phases.standstill
        train = yield from self.steps()
        self.phases.epoch += 1
        standstill.hold(self.population, self.solver, train)
        with self.descent.averaged(standstill.ended):
            figures: Figures = {"train": train[:2], "val": self.evaluated("val")}
            if is_measured(self.epoch, self.settings.evaluate_every):
                figures["test"] = self.evaluated("test")
            value = self.solver.value(figures["val"][0])
            found, whole = deciding(figures, self.settings.evaluate_every), self.population.finite()
            failed = self.breakdown.failed(found, whole, self.gradients.exhausted)
            self.failed_epoch[failed & (self.failed_epoch == 0)] = self.epoch
            value = value.masked_fill((self.failed_epoch > 0).to(value.device), torch.nan)
            kept = worth_keeping(self.population, self.solver)
            going_on = value.masked_fill(standstill.ended.to(value.device), torch.nan)
            self.best.update(going_on, standstill.epochs, kept, figures["val"][0])
        gap, relative_gap = self.claims.gap(train[0])
        failed, state = self.failed_epoch > 0, (self.population, self.solver, train)
        warming_up = self.phases.warming_up or self.thawing.frozen
        standstill.observe(value, relative_gap, failed, state, warming_up=warming_up)
        if self.finished and "test" not in figures:
            with self.descent.averaged(standstill.ended):
                figures["test"] = self.evaluated("test")
        self.seconds += time.perf_counter() - started
        sparsity, parameters = self.sparsity, self.population.parameters
        return EpochReport(
            epoch=self.epoch,
            seconds=self.seconds,
            figures=figures,
            multipliers=copy_of(self.solver.multipliers()),
            penalty=copy_of(self.solver.penalty()),
            gap=gap,
            relative_gap=relative_gap,
            below_ideal=self.claims.below_ideal.clone(),
            zero_rows=None if sparsity is None else sparsity.zero_rows(parameters),
            failed_epoch=self.failed_epoch.clone(),
            subproblem_epochs=self.subproblem_epochs,
            auxiliary=train[2].clone(),
        )

    def finish(self) -> Outcome:
        """Go back to each subproblem's best epoch, evaluate it and certify it."""
        started = time.perf_counter()
        self.thawing.end()
        take_up(self.best.tensors, self.population, self.solver)
        figures = {split: self.evaluated(split) for split in SPLITS}
        rest = stationarity(
            self.population,
            self.splits["train"],
            self.prepare,
            self.solver.certified(),
            # What has a graph takes more memory than evaluation: no more than in training.
            batch_size=min(self.settings.at_once, self.evaluation_batch),
            sparsity=self.sparsity,
            pattern=self.pattern,
            zeros_allowed=self.zeros_allowed,
            auxiliary=self.auxiliary,
        )
        train, data = figures["train"][0], self.splits["train"]
        beside = self.auxiliary.over(self.population, data, self.prepare, self.evaluation_batch)
        gap, relative_gap = self.claims.gap(train)
        self.seconds += time.perf_counter() - started
        return Outcome(
            tensors=self.population.state_dict(),
            search_end=self.search_end or self.best.tensors,
            two_phases=self.search_end is not None,
            parameters=tuple(n for n in self.population.parameters if not is_adaptor(n)),
            figures=figures,
            best_epoch=self.best.epoch,
            epochs=self.phases.standstill.epochs,
            failed_epoch=self.failed_epoch,
            breakdown=self.breakdown,
            chebyshev_value=self.claims.chebyshev_value(train),
            multipliers=self.solver.multipliers(),
            gap=gap,
            relative_gap=relative_gap,
            below_ideal=self.claims.below_ideal,
            stationarity=rest[0],
            mean_multipliers=self.solver.mean_multipliers(),
            mean_stationarity=rest[1] if len(rest) > 1 else None,
            seconds=self.seconds,
            auxiliary=beside,
            kept=self.best.beside(self.pattern),
        )

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on, readable by `torch.load(weights_only=True)`."""
        return {
            "epoch": self.epoch,
            "phases": self.phases.state_dict(),
            "seconds": self.seconds,
            "subproblem_epochs": self.subproblem_epochs,
            "failed_epoch": self.failed_epoch,
            "breakdown": self.breakdown.state_dict(),
            "below_ideal": self.claims.below_ideal,
            "population": self.population.state_dict(),
            "pattern": None if self.pattern is None else self.pattern.representatives,
            "descent": self.descent.state_dict(),
            "solver": self.solver.state_dict(),
            "transfer": self.passing.state_dict(),
            "best": self.best.state_dict(),
            **({} if self.search_end is None else {"search_end": self.search_end}),
            **self.gradients.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state given by `state_dict`.

        Raises:
            Exception: It is none of this trainer's; of which kind, torch decides.
        """
        if not 0 <= state["epoch"] <= self.phases.longest:
            raise ValueError(f"There is no epoch {state['epoch']}.")
        self.seconds = float(state["seconds"])
        self.subproblem_epochs = int(state["subproblem_epochs"])
        self.failed_epoch.copy_(state["failed_epoch"])
        self.breakdown.load_state_dict(state.get("breakdown", {}))
        if "below_ideal" in state:  # states of 0.1.0 lack it
            self.claims.below_ideal.copy_(state["below_ideal"])
        if state["pattern"] is not None and self.pattern is None:
            self._retrain_within(Pattern(state["pattern"]))
            self.search_end = state.get("search_end")  # states of 0.1.0 lack it
        phases = state.get("phases", {})  # states of 0.2.0 lack it
        self.phases.load_state_dict(phases, int(state["epoch"]), found=self.pattern is not None)
        # After that, which projects: a second projection would round what is tied already.
        self.population.load_state_dict(state["population"])
        self.descent.load_state_dict(state["descent"])
        self.solver.load_state_dict(state["solver"])
        self.passing.load_state_dict(state["transfer"])
        self.best.load_state_dict(state["best"])
        self.gradients.load_state_dict(state)
        refuse_other_shapes(state, self.state_dict())

    def steps(self) -> Generator[Exchange, None, Train]:
        """An epoch's steps, with such stops; the means of what `StepGradients.of` gives."""
        settings, phases = self.settings, self.phases
        self.subproblem_epochs += phases.standstill.active
        self.population.train()
        # Dropout and augmentation draw from torch's generator: a resumed run draws the same.
        torch.manual_seed(mixed_seed(settings.seed, phases.order, 1))
        found = []
        for batch, step, steps in batches(self.splits["train"], settings, phases.order):
            found.append(self.gradients.of(batch, self.descent))
            if not phases.retraining:
                yield from self.passing.after(found[-1][0], phases.place(step, steps), self.descent)
            self.descent.step(phases.rate(step, steps), self.gradients.skipped)
        self.solver.end_outer_iteration()
        return means_of(found, self.population, self.breakdown)

    def _descent(self) -> Descent:
        """How the parameters change in the present phase."""
        known = (self.population, self.settings, self.sparsity, self.pattern)
        return descent_of(*known, zeros_allowed=self.zeros_allowed)

    def end_search(self) -> None:
        """End the search: keep what it reached, and tie the similar rows of each network."""
        assert isinstance(self.descent, ProximalDescent)
        back_where_failed(self.population, self.best, self.failed_epoch)
        self.search_end = copied(worth_keeping(self.population, self.solver))
        relax(self.solver, self.settings)
        known = (self.descent, self.solver, self.settings, self.failed_epoch == 0)
        self._retrain_within(tied(*known, self.evaluated))
        self.phases.begin_retraining()

    def _retrain_within(self, pattern: Pattern) -> None:
        """Forget the best epoch too: whatever the search reached had no ties."""
        self.pattern, self.zeros_allowed = pattern, self.settings.widths is None
        relax(self.solver, self.settings)
        self.descent = self._descent()
        self.best = Best.of(self.population, self.solver, self.settings.kept)

    def evaluated(self, split: Split) -> tuple[Tensor, Tensor]:
        """Objectives (K, m) and metrics (K, q) over a whole split."""
        self.population.train(False)
        given = (self.splits[split], self.prepare, self.evaluation_batch)
        return evaluate_all(self.population, self.sparsity, *given)
