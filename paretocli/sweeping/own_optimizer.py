"""The optimiser that a sweep is trained by, where the problem brings its own."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.population.optimizers import OWN
from paretocli.population.parameter_groups import undecayed_names
from paretocli.population.recipe import Recipe
from paretocli.probing.own_optimizer import tried_optimizer
from paretocli.sparsity.preconditioners import preconditioner_of


def default_optimizer(problem: Problem) -> str:
    """The name of what a problem's points are trained by unless the user says otherwise."""
    return problem.defaults.optimizer if problem.optimizer is None else OWN


def try_own_optimizer(
    chosen: Mapping[str, Any], problem: Problem, network: nn.Module
) -> Recipe | None:
    """What the problem's own hook makes, tried; None where the sweep is trained by another one.

    Args:
        chosen: The values of the options.
        problem: The problem.
        network: Its network, on the CPU.

    Raises:
        InputError: There is none, or it does not do.
    """
    if chosen["optimizer"] != OWN:
        return None
    if problem.optimizer is None:
        raise InputError(
            f"--optimizer {OWN} asks for the problem's own, but {problem.name} has none; give it "
            "one as Problem(optimizer=…), or name one."
        )
    return tried_optimizer(
        problem,
        problem.optimizer,
        network,
        lr=chosen["lr"],
        weight_decay=chosen["weight_decay"],
        undecayed=undecayed_names(network, chosen["no_decay"]),
    )


def refuse_with_sparsity(recipe: Recipe | None) -> None:
    """Refuse an optimiser of whose class no proximal step is known.

    Raises:
        InputError: It is one.
    """
    if recipe is not None:
        preconditioner_of(recipe.kind)
