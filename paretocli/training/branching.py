"""Training a population that starts as one network and branches."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from paretocli.population.branching import Stage, branched, index_between, mean_weights
from paretocli.training.breakdown import Breakdown
from paretocli.training.reports import EpochReport, Outcome
from paretocli.training.trainer import Trainer
from paretocli.training.turns import TurnsTrainer, reweight

# From the weights (G, m) of some networks and a number for each, their trainer.
TrainerFactory = Callable[[Tensor, Sequence[int]], Trainer | TurnsTrainer]


class BranchingTrainer:
    """Trains K subproblems that share networks at first; used like a `Trainer`.

    In each stage a network trains for the mean of the weights that it stands for. Where it
    branches, its parameters, the optimiser's state and the multipliers go on in each branch.

    Args:
        make: Makes the trainer of a stage, each for the whole of training.
        weights: w (K, m).
        stages: As `population.branching.stages` gives them; the last one has K networks.
    """

    def __init__(self, make: TrainerFactory, weights: Tensor, stages: Sequence[Stage]) -> None:
        self._make = make
        self._weights = weights
        self._stages = tuple(stages)
        self._number = 0
        self.trainer = self._trainer_of(self._stages[0])

    @property
    def stage(self) -> Stage:
        """The present stage."""
        return self._stages[self._number]

    @property
    def epoch(self) -> int:
        """Epochs done."""
        return self.trainer.epoch

    @property
    def finished(self) -> bool:
        """Whether nothing is left to train."""
        return self.trainer.finished

    @property
    def failed_epoch(self) -> Tensor:
        """The epoch in which each subproblem diverged (K,), 0 if it did not."""
        return self.trainer.failed_epoch[torch.tensor(self.stage.groups)]

    @property
    def breakdown(self) -> Breakdown:
        """When the losses of the present networks first were not finite."""
        return self.trainer.breakdown

    def run_epoch(self) -> EpochReport:
        """Branch if it is time to, and train for one epoch."""
        if self._number + 1 < len(self._stages):
            following = self._stages[self._number + 1]
            if self.epoch == following.first_epoch:
                self._branch(following)
        return _of_members(self.trainer.run_epoch(), self.stage)

    def finish(self) -> Outcome:
        """As `Trainer.finish`."""
        if self._number + 1 < len(self._stages):
            # All networks have diverged before they could branch.
            self._branch(self._stages[-1])
            self._number = len(self._stages) - 1
        return self.trainer.finish()

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on, readable by `torch.load(weights_only=True)`."""
        return {"stage": self._number, "trainer": self.trainer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state given by `state_dict`."""
        self._number = state["stage"]
        self.trainer = self._trainer_of(self.stage)
        self.trainer.load_state_dict(state["trainer"])

    def _branch(self, following: Stage) -> None:
        state = self.trainer.state_dict()
        # Epochs that were kept of a network that several share are none of a branch.
        state["best"].pop("kept", None)
        state = branched(state, index_between(self.stage, following))
        # What a network was worth to the mean weights says nothing of its worth to a branch.
        state["best"]["value"] = torch.full_like(state["best"]["value"], torch.inf)
        before = mean_weights(self.stage, self._weights)[index_between(self.stage, following)]
        self.trainer = self._trainer_of(following)
        self.trainer.load_state_dict(state)
        after = mean_weights(following, self._weights)
        # A weight that is fixed at 0 stays 0.
        reweight(self.trainer, torch.where(before > 0, after / before, 1.0))
        self._number += 1

    def _trainer_of(self, stage: Stage) -> Trainer | TurnsTrainer:
        numbers = [stage.members(network)[0] for network in range(stage.networks)]
        return self._make(mean_weights(stage, self._weights), numbers)


def _of_members(report: EpochReport, stage: Stage) -> EpochReport:
    """A report on networks as one on the subproblems that they stand for."""
    groups = torch.tensor(stage.groups)
    return dataclasses.replace(
        report,
        figures={
            split: (losses[groups], metrics[groups])
            for split, (losses, metrics) in report.figures.items()
        },
        multipliers=_taken(report.multipliers, groups),
        penalty=_taken(report.penalty, groups),
        gap=_taken(report.gap, groups),
        relative_gap=_taken(report.relative_gap, groups),
        below_ideal=report.below_ideal[groups],
        zero_rows=_taken(report.zero_rows, groups),
        failed_epoch=report.failed_epoch[groups],
        auxiliary=report.auxiliary[groups],
    )


def _taken(tensor: Tensor | None, groups: Tensor) -> Tensor | None:
    return None if tensor is None else tensor[groups]
