"""Ideal and scale of a sweep's objectives: what makes weights mean something."""

import dataclasses
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from paretocli.config import SweepConfig
from paretocli.errors import InputError
from paretocli.front.indicators import share_of_box
from paretocli.population.population import Population
from paretocli.problems.problem import Problem
from paretocli.sweep.start import fresh_network, sparsity_objective
from paretocli.training.evaluation import evaluate

REFERENCE = 1.1


@dataclasses.dataclass(frozen=True)
class Normalisation:
    """u = (f − ideal) / scale, both (m,) in units of the objectives."""

    ideal: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def reference_point(self) -> tuple[float, ...]:
        """Where hypervolumes end (m,), in units of the objectives: a tenth beyond the scale."""
        return tuple(a + REFERENCE * s for a, s in zip(self.ideal, self.scale, strict=True))

    def hypervolume(self, losses: Tensor) -> float:
        """The hypervolume of points (K, m), as a share of the box from ideal to reference point.

        Points that are not finite add nothing.
        """
        return share_of_box(losses.detach().cpu().numpy(), self.ideal, self.reference_point)


def without_scale(config: SweepConfig) -> Normalisation:
    """The objectives as they are, less the ideal."""
    return Normalisation(config.ideal, (1.0,) * len(config.ideal))


def from_initial(config: SweepConfig, problem: Problem) -> Normalisation:
    """The scale that makes every objective 1 on the training data before training."""
    device = torch.device(config.device)
    network = fresh_network(config.network, config.init, problem, config.seed)
    sparsity = sparsity_objective(config, network, problem)
    population = Population(network, problem.tasks, 1, device=device)
    population.train(False)
    losses, _ = evaluate(
        population, problem.train.to(device), problem.prepare, problem.evaluation_batch
    )
    values = losses[0].tolist()
    if sparsity is not None:
        values = [float(sparsity.value(population.parameters).detach()), *values]
    return _checked(config.ideal, values, config.objectives, "at initialisation", "--scale none")


def from_payoff(losses: Tensor, objectives: Sequence[str]) -> Normalisation:
    """Ideal and scale from the payoff table: the range of each objective over the single runs.

    Args:
        losses: (m, m), row i from the run that minimised objective i alone.
        objectives: Names, for the message.
    """
    ideal, nadir = losses.amin(dim=0).tolist(), losses.amax(dim=0).tolist()
    return _checked(tuple(ideal), nadir, objectives, "at its worst", "--scale initial")


def _checked(
    ideal: tuple[float, ...],
    values: Sequence[float],
    objectives: Sequence[str],
    when: str,
    remedy: str,
) -> Normalisation:
    scale = tuple(value - low for value, low in zip(values, ideal, strict=True))
    for name, size, value in zip(objectives, scale, values, strict=True):
        if not (size > 0 and math.isfinite(size)):
            raise InputError(
                f"Objective {name} is {value:.4g} {when}, not above its ideal and finite, so it "
                f"has no scale; give a lower --ideal, or {remedy}."
            )
    return Normalisation(ideal, scale)
