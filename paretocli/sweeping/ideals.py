"""The ideals of a sweep's objectives: given, known, or to be learned."""

import numpy as np
from torch import nn

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.options.given import Options
from paretocli.probing.bounds import lower_bounds, unknown_bounds_note
from paretocli.sweeping.sweep_network import sparsity_objective


def notes_on_learned(config: SweepConfig) -> list[str]:
    """A note on the ideals that have to be learned, unless a payoff table learns all."""
    names = [name for name, low in zip(config.objectives, config.ideal, strict=True) if low is None]
    return [unknown_bounds_note(names)] if names and config.scale != "payoff" else []


def ideals_of(
    options: Options, config: SweepConfig, network: nn.Module, problem: Problem
) -> tuple[float | None, ...]:
    """The ideal of each objective, None where it has to be learned.

    Raises:
        InputError: `--ideal` is not one finite number an objective, or goes with a payoff table.
    """
    names = config.objectives
    if "ideal" in options and config.scale == "payoff":
        raise InputError(
            "--ideal does not go with --scale payoff, as a payoff table has an ideal of its own; "
            "give one of them, or another --scale."
        )
    if "ideal" not in options:
        own = [bound.value for bound in lower_bounds(problem, network)]
        sparsity = sparsity_objective(config, network, problem)
        return tuple(own) if sparsity is None else (sparsity.smallest(), *own)
    text = str(options["ideal"])
    try:
        ideal = tuple(float(part) for part in text.split(","))
    except ValueError:
        ideal = ()
    if len(ideal) != len(names) or not np.isfinite(ideal).all():
        raise InputError(
            f"--ideal {text} should be {len(names)} finite numbers separated by commas, one for "
            f"each of {', '.join(names)}."
        )
    return ideal
