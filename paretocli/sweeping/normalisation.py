"""Ideal and scale of a sweep's objectives: what makes weights mean something."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from paretocli.core.known_front import KnownFront
from paretocli.core.placing import placed_function
from paretocli.core.problem import Problem, Split
from paretocli.errors import InputError, RunError
from paretocli.front.indicators import share_of_box
from paretocli.options.config import SweepConfig
from paretocli.population.population import Population
from paretocli.probing.task_faults import device_failure
from paretocli.problems.made_in_python import how_to_check
from paretocli.solvers.chebyshev import ROUNDING
from paretocli.sweeping.sweep_network import fresh_network, sparsity_objective
from paretocli.training.evaluation import evaluate

MARGIN = 1.1  # how far beyond the worst values the reference point lies
LEARNED_MARGIN = 0.2  # how far an ideal that was learned lies below what was reached
PAYOFF_MARGIN = 0.1  # of its range, the same in a payoff table
AT_START = ("at initialisation", "--scale none")


@dataclasses.dataclass(frozen=True)
class Normalisation:
    """u = (f − ideal) / scale.

    Attributes:
        ideal: What no point is expected to fall below (m,), in units of the objectives. Where a
            point does, nothing is claimed of it, and there is no hypervolume.
        scale: What counts as 1 (m,), in the same units, on the training data.
        worst: The largest values expected (m,), on any split: those before training, the worst of
            the corner solutions, or where nothing is scaled, 1 above the ideal. A held-out split
            may be harder than the training data: where it is small, by much. Of a problem whose
            front is known, what its reference point follows from.
    """

    ideal: tuple[float, ...]
    scale: tuple[float, ...]
    worst: tuple[float, ...]

    @property
    def reference_point(self) -> tuple[float, ...]:
        """Where hypervolumes end (m,), in units of the objectives: a tenth beyond the worst."""
        return tuple(a + MARGIN * (w - a) for a, w in zip(self.ideal, self.worst, strict=True))

    def hypervolume(self, losses: Tensor) -> float | None:
        """The hypervolume of points (K, m), as a share of the box from ideal to reference point.

        Points that are not finite add nothing. None where one is better than the ideal.
        """
        share = share_of_box(losses.detach().cpu().numpy(), self.ideal, self.reference_point)
        return None if math.isnan(share) else share

    def is_below(self, place: int, loss: float) -> bool:
        """Whether an objective is below its ideal, by more than rounding."""
        return (loss - self.ideal[place]) / self.scale[place] < -ROUNDING


def within_known(found: Normalisation, front: KnownFront | None) -> Normalisation:
    """With the reference point of a front that is known, where the objectives are those of it."""
    if front is None or len(front.ideal) != len(found.ideal):
        return found
    corners = list(zip(found.ideal, front.reference_point, strict=True))
    if any(low >= high for low, high in corners):
        return found
    return dataclasses.replace(
        found, worst=tuple(low + (high - low) / MARGIN for low, high in corners)
    )


Losses = Mapping[Split, Sequence[float]]  # all objectives' (m,), by split


def at_start(config: SweepConfig, losses: Losses | None) -> Normalisation:
    """From what is known before training; an ideal to be learned has a stand-in below the start.

    Args:
        config: The sweep.
        losses: Those before training; None will do where nothing is scaled by them or learned.
    """
    if losses is None:
        return without_scale(config)
    ideal = tuple(
        _stand_in(value) if low is None else low
        for low, value in zip(config.ideal, losses["train"], strict=True)
    )
    return _normalised(config, ideal, losses)


def with_learned(
    config: SweepConfig,
    losses: Losses,
    smallest: Mapping[int, float],
    typical: Mapping[int, float],
) -> Normalisation:
    """With ideals that were learned: a margin below the smallest value of a run alone.

    The margin is measured by the run's typical values, not by its start, which may be far worse
    than anything that comes later; then points of quite different weights would be the same corner.

    Args:
        config: The sweep.
        losses: Those before training.
        smallest: What objectives reached when they were trained alone, by their place.
        typical: The median of their epochs, likewise.
    """
    ideal = tuple(
        _below(smallest[place], typical[place], None) if low is None else low
        for place, low in enumerate(config.ideal)
    )
    return _normalised(config, ideal, losses)


def without_scale(config: SweepConfig) -> Normalisation:
    """The objectives as they are, less the ideal."""
    ideal = tuple(0.0 if low is None else low for low in config.ideal)
    return Normalisation(ideal, (1.0,) * len(ideal), tuple(low + 1 for low in ideal))


def from_initial(config: SweepConfig, problem: Problem) -> Normalisation:
    """The scale that makes every objective 1 on the training data before training."""
    return at_start(dataclasses.replace(config, scale="initial"), initial_losses(config, problem))


def initial_losses(config: SweepConfig, problem: Problem) -> Losses:
    """All objectives before training, over whole splits.

    Raises:
        InputError: One is not finite on the training data, or the problem's code raises.
    """
    device = torch.device(config.device)
    networks = [
        fresh_network(config.network, config.init, problem, config.seed)
        for _ in range(1 if device.type == "cpu" else 2)
    ]
    try:
        values = _initial_losses(config, problem, networks[0])
    except InputError as fault:
        cause = fault.__cause__
        if device.type == "cpu" or cause is None or isinstance(cause, torch.OutOfMemoryError):
            raise
        # A label that there is no class for loses a GPU, which does not say why: not even another
        # network could be made then. The CPU says it.
        _initial_losses(dataclasses.replace(config, device="cpu"), problem, networks[1])
        raise
    for name, value in zip(config.objectives, values["train"], strict=True):
        if not math.isfinite(value):
            raise InputError(
                f"Objective {name} is {value} at initialisation; {how_to_check(config.problem)} "
                "tells where that comes from."
            )
    return values


def _initial_losses(config: SweepConfig, problem: Problem, network: nn.Module) -> Losses:
    device = torch.device(config.device)
    sparsity = sparsity_objective(config, network, problem)
    population = Population(network, problem.tasks, 1, device=device)
    population.train(False)
    prepare = placed_function(problem.prepare, device)
    values = {}
    for split, samples in problem.splits().items():
        try:
            losses, _ = evaluate(population, samples.to(device), prepare, problem.evaluation_batch)
            values[split] = losses[0].tolist()
        except (InputError, RunError):
            raise
        except Exception as error:  # whatever a problem of somebody's own raises
            advice = f"{how_to_check(config.problem)} tells more"
            where = f"on its {split} split"
            raise device_failure(problem, error, where, device, advice) from error
        if sparsity is not None:
            values[split].insert(0, float(sparsity.value(population.parameters).detach()))
    return values


def from_payoff(
    losses: Mapping[Split, Tensor],
    objectives: Sequence[str],
    bounds: Sequence[float | None],
    smallest: Mapping[int, float] | None = None,
) -> Normalisation:
    """Ideal and scale from the payoff table: the range of each objective over the single runs.

    Args:
        losses: By split (m, m), row i from the run that minimised objective i alone.
        objectives: Names, for the message.
        bounds: A lower bound of each objective, None where none is known.
        smallest: What the objectives reached on the way, by their place.
    """
    best, worst = losses["train"].amin(dim=0).tolist(), losses["train"].amax(dim=0).tolist()
    for place, value in (smallest or {}).items():
        best[place] = min(best[place], value)
    ideal = tuple(
        _below(low, high, bound, PAYOFF_MARGIN)
        for low, high, bound in zip(best, worst, bounds, strict=True)
    )
    nadir = {split: table.amax(dim=0).tolist() for split, table in losses.items()}
    return _checked(ideal, nadir, objectives, "at its worst", "--scale initial")


def scale_faults(
    names: Sequence[str], ideal: Sequence[float | None], values: Sequence[float]
) -> list[InputError]:
    """Objectives that have no scale, because at the start they are not above their ideal."""
    found = []
    for name, low, value in zip(names, ideal, values, strict=True):
        if low is not None:
            try:
                _checked((low,), {"train": (value,)}, (name,), *AT_START)
            except InputError as fault:
                found.append(fault)
    return found


def _normalised(config: SweepConfig, ideal: tuple[float, ...], losses: Losses) -> Normalisation:
    if config.scale != "none":
        return _checked(ideal, losses, config.objectives, *AT_START)
    worst = tuple(
        low + 1 if given is not None else max(low + 1, *filter(math.isfinite, values))
        for low, given, values in zip(
            ideal, config.ideal, zip(*losses.values(), strict=True), strict=True
        )
    )
    return Normalisation(ideal, (1.0,) * len(ideal), worst)


def _stand_in(start: float) -> float:
    return 0.0 if start > 0 else start - 1


def _below(
    smallest: float, other: float, bound: float | None, margin: float = LEARNED_MARGIN
) -> float:
    """An ideal below the smallest value that was seen, by a share of its distance to another.

    But not below a bound.
    """
    ideal = smallest - margin * (other - smallest)
    return ideal if bound is None else max(bound, ideal)


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
