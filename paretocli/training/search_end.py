"""The end of the search: what it reached is kept for points that start from it; rows are tied."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from paretocli.core.splits import Split
from paretocli.population.population import Population
from paretocli.solvers.base import Solver
from paretocli.sparsity.pattern import Pattern, tied_pattern
from paretocli.training.best import NETWORK, Best, take_up
from paretocli.training.proximal_descent import ProximalDescent
from paretocli.training.settings import TrainingSettings


def back_where_failed(population: Population, best: Best, failed_epoch: Tensor) -> None:
    """Make who has diverged what it was last; nobody clusters its rows, or starts from them."""
    for name, tensor in population.state_dict().items():
        failed = (failed_epoch > 0).to(tensor.device)
        tensor[failed] = best.tensors[f"{NETWORK}{name}"][failed]


def relax(solver: Solver, settings: TrainingSettings) -> None:
    """Have the tasks alone count from now on, where they are to."""
    if settings.relaxed:
        solver.scalarization = solver.scalarization.without_the_first()


def tied(
    descent: ProximalDescent,
    solver: Solver,
    settings: TrainingSettings,
    healthy: Tensor,
    evaluated: Callable[[Split], tuple[Tensor, Tensor]],
) -> Pattern:
    """The zero rows of each network, and its similar rows tied, with all that belong to them.

    As it is now, not as it was at its best epoch: the validation value is that of the largest
    term, mostly a task's, and would not tell a sparser network from another.

    Args:
        descent: The steps of the search, of the networks.
        solver: Says which of several networks is best.
        settings: How similar rows are tied, how large the networks may be, and what their widths
            are to be multiples of.
        healthy: (K,), who has not diverged.
        evaluated: Measures the objectives (K, m) and metrics (K, q) of the networks on a split.
    """
    population, sparsity = descent.population, descent.sparsity

    def value() -> Tensor:
        return solver.value(evaluated("val")[0])

    if settings.size_limit is not None:
        settings.size_limit.keep_(population, sparsity, healthy, value)
    if settings.widths is not None:
        known = (population, sparsity, descent.held_back())
        settings.widths.round_(*known, healthy, settings.size_limit)
    blocks = sparsity.joined(population.parameters)
    pattern = tied_pattern(blocks, settings.share_similarity, settings.jobs)
    return Pattern(sparsity.blocks.representatives_apart(pattern.representatives))


def copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What does not change while training goes on."""
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def begin_with(
    start: dict[str, Tensor], ratio: Tensor, population: Population, solver: Solver
) -> None:
    """Start from the search's end of other subproblems, whose multipliers are taken along.

    Args:
        start: The networks and the solver's state, as `Outcome.search_end` has them, K leading.
        ratio: The own weights over theirs (K, m).
        population: Gets the networks.
        solver: Gets the state, fitted to its weights.
    """
    take_up(start, population, solver)
    solver.reweighted(torch.where(ratio.isfinite(), ratio, 1.0))
