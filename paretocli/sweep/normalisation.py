"""Ideal and scale of a sweep's objectives: what makes weights mean something."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from paretocli.config import SweepConfig
from paretocli.errors import InputError
from paretocli.front.indicators import share_of_box
from paretocli.population.population import Population
from paretocli.problems.problem import Problem, Split
from paretocli.sweep.start import fresh_network, sparsity_objective
from paretocli.sweep.task_faults import failure
from paretocli.training.evaluation import evaluate

MARGIN = 1.1  # how far beyond the worst values the reference point lies


@dataclasses.dataclass(frozen=True)
class Normalisation:
    """u = (f − ideal) / scale.

    Attributes:
        ideal: What no point is expected to fall below (m,), in units of the objectives.
        scale: What counts as 1 (m,), in the same units, on the training data.
        worst: The largest values expected (m,), on any split: those before training, the worst of
            the corner solutions, or where nothing is scaled, 1 above the ideal. A held-out split
            may be harder than the training data: where it is small, by much.
    """

    ideal: tuple[float, ...]
    scale: tuple[float, ...]
    worst: tuple[float, ...]

    @property
    def reference_point(self) -> tuple[float, ...]:
        """Where hypervolumes end (m,), in units of the objectives: a tenth beyond the worst."""
        return tuple(a + MARGIN * (w - a) for a, w in zip(self.ideal, self.worst, strict=True))

    def hypervolume(self, losses: Tensor) -> float:
        """The hypervolume of points (K, m), as a share of the box from ideal to reference point.

        Points that are not finite add nothing.
        """
        return share_of_box(losses.detach().cpu().numpy(), self.ideal, self.reference_point)


def without_scale(config: SweepConfig) -> Normalisation:
    """The objectives as they are, less the ideal."""
    scale = (1.0,) * len(config.ideal)
    return Normalisation(config.ideal, scale, tuple(low + 1 for low in config.ideal))


def from_initial(config: SweepConfig, problem: Problem) -> Normalisation:
    """The scale that makes every objective 1 on the training data before training."""
    device = torch.device(config.device)
    network = fresh_network(config.network, config.init, problem, config.seed)
    sparsity = sparsity_objective(config, network, problem)
    population = Population(network, problem.tasks, 1, device=device)
    population.train(False)
    values = {}
    for split, samples in problem.splits().items():
        try:
            losses, _ = evaluate(
                population, samples.to(device), problem.prepare, problem.evaluation_batch
            )
        except Exception as error:  # whatever a problem of somebody's own raises
            advice = f"paretocli check {config.problem} tells more"
            raise failure(problem, error, f"on its {split} split", advice) from error
        values[split] = losses[0].tolist()
        if sparsity is not None:
            values[split].insert(0, float(sparsity.value(population.parameters).detach()))
    for name, value in zip(config.objectives, values["train"], strict=True):
        if not math.isfinite(value):
            raise InputError(
                f"Objective {name} is {value} at initialisation; paretocli check {config.problem} "
                "tells where that comes from."
            )
    return _checked(config.ideal, values, config.objectives, "at initialisation", "--scale none")


def from_payoff(losses: Mapping[Split, Tensor], objectives: Sequence[str]) -> Normalisation:
    """Ideal and scale from the payoff table: the range of each objective over the single runs.

    Args:
        losses: By split (m, m), row i from the run that minimised objective i alone.
        objectives: Names, for the message.
    """
    ideal = tuple(losses["train"].amin(dim=0).tolist())
    nadir = {split: table.amax(dim=0).tolist() for split, table in losses.items()}
    return _checked(ideal, nadir, objectives, "at its worst", "--scale initial")


def _checked(
    ideal: tuple[float, ...],
    values: Mapping[Split, Sequence[float]],
    objectives: Sequence[str],
    when: str,
    remedy: str,
) -> Normalisation:
    """Scale objectives by what they are on the training data, above the ideal."""
    scale = tuple(value - low for value, low in zip(values["train"], ideal, strict=True))
    for name, size, value in zip(objectives, scale, values["train"], strict=True):
        if not (size > 0 and math.isfinite(size)):
            raise InputError(
                f"Objective {name} is {value:.4g} {when}, not above its ideal and finite, so it "
                f"has no scale; give a lower --ideal, or {remedy}."
            )
    # A held-out value that is no number says nothing of where the others lie.
    worst = tuple(max(filter(math.isfinite, split)) for split in zip(*values.values(), strict=True))
    return Normalisation(ideal, scale, worst)
