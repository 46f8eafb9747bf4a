"""How far a population is from stationary points."""

from collections.abc import Mapping

import torch
from torch import Tensor

from paretocli.core.auxiliary import targets_of
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.problem import EVALUATION_BATCH, Data
from paretocli.population.population import Population
from paretocli.sparsity.layers import over_rows, per_member
from paretocli.sparsity.objective import SparsityObjective
from paretocli.sparsity.pattern import Pattern
from paretocli.training.auxiliary import Auxiliary
from paretocli.training.evaluation import Prepare, divided, shares

Gradients = dict[str, Tensor]  # stacked (K, …), by the parameters' names

# The proximal map is looked at through steps of this size, relative to a layer's weights: small
# enough to be local, large enough for single precision.
PROXIMAL_STEP = 1e-3


def stationarity(
    population: Population,
    samples: Data,
    prepare: Prepare,
    coefficients: Tensor,
    *,
    batch_size: int = EVALUATION_BATCH,
    sparsity: SparsityObjective | None = None,
    pattern: Pattern | None = None,
    zeros_allowed: bool = True,
    auxiliary: Auxiliary | None = None,
) -> Tensor:
    """How far each subproblem is from a stationary point, over all samples.

        ‖Σ_j c_j ∇f_j‖ / Σ_j c_j ‖∇f_j‖

    Several c share the gradients. Auxiliary losses are what is minimised too: each is one of the
    f_j here, with its own coefficient as c_j.

    Zero where the objectives' gradients cancel (a KKT point, with the gap), one where all pull
    the same way. GrOWL has no gradient at zero rows and at rows of equal length: for the layers
    that it counts the sum is replaced by the proximal gradient map (W − prox_{ηc_0Ω}(W − ηg)) / η,
    which is zero at just the stationary points. Within a pattern, all gradients are projected onto
    it.

    Args:
        population: K subproblems, in evaluation mode.
        samples: The data of the tasks.
        prepare: Makes the network's input of a batch.
        coefficients: c (…, K, m) ≥ 0, that of sparsity first where it is an objective.
        batch_size: Samples whose gradient is worked out at once; the result depends on it in its
            last digits alone.
        sparsity: f_0, where it is one.
        pattern: Zero rows and ties that the parameters are bound to.
        zeros_allowed: Whether (further) rows may become zero.
        auxiliary: How much the auxiliary losses count, None where there are none.

    Returns:
        Numbers in [0, 1] but for rounding, (…, K); zero where all gradients vanish, NaN where c is.
    """
    if sparsity is not None and pattern is not None:
        sparsity = sparsity.within(pattern)
    sets = coefficients.reshape(-1, *coefficients.shape[-2:])
    sums = [_zeros(population) for _ in sets]
    apart = torch.zeros_like(sets[..., 0])
    of_tasks = sets if sparsity is None else sets[..., 1:]
    if auxiliary is not None:
        of_tasks = auxiliary.beside(of_tasks)
    # One task after the other: however many there are, no more than one gradient is held beside
    # the sums, and one task's graph at a time.
    for task, weights in enumerate(of_tasks.unbind(dim=-1)):
        gradient = task_gradient(population, samples, prepare, task, batch_size)
        apart += weights * _projected_norm(gradient, pattern)
        for smooth, weight in zip(sums, weights, strict=True):
            _add(smooth, weight, gradient)
    if sparsity is not None:
        gradient, own = _sparsity_gradient(population, sparsity), sets[..., 0]
        apart += own * _projected_norm(gradient, pattern)
        for smooth, weight in zip(sums, own, strict=True):
            maps = _proximal_map(
                population, sparsity, weight, smooth, gradient, zeros_allowed=zeros_allowed
            )
            smooth.update(maps)
    whole = torch.stack([_norm(one) for one in sums])
    found = torch.where(apart == 0, torch.zeros_like(apart), whole / apart)
    return found.reshape(coefficients.shape[:-1])


def task_gradient(
    population: Population, samples: Data, prepare: Prepare, task: int, batch_size: int
) -> Gradients:
    """The gradient of one task's loss over all samples.

    Args:
        population: K subproblems, in evaluation mode.
        samples: The data of the tasks.
        prepare: Makes the network's input of a batch.
        task: Its number.
        batch_size: Samples whose gradient is worked out at once.
    """
    parameters = list(population.parameters.values())
    gradient = _zeros(population)
    measured = []
    company = divided(population.company, samples, batch_size)
    slopes = _slopes(population, samples, prepare, task, batch_size)
    for share, batch in shares(samples, batch_size, company):
        targets = targets_of(batch.targets, max(task + 1, len(batch.targets)))
        losses, statistics = population.measure_task(task, prepare(batch.inputs), targets)
        measured.append(share * statistics.detach())
        if slopes is not None:
            means = population.tasks[task].loss_means(statistics)
            losses = (slopes * means).sum(dim=1)
        if not losses.requires_grad:  # it reaches no parameter
            continue
        found = torch.autograd.grad(losses.sum(), parameters, allow_unused=True)
        for total, part in zip(gradient.values(), found, strict=True):
            if part is not None:
                total.add_(part, alpha=share)
    # As linear as the loss is: what is over all samples becomes that over those with a label.
    statistics = torch.stack(measured).sum(dim=0)
    company.sum_([statistics, *gradient.values()])
    labelled = population.tasks[task].labelled_share(statistics)
    for total in gradient.values():
        total.div_(per_member(labelled, total))
    return gradient


@torch.no_grad()
def _slopes(
    population: Population, samples: Data, prepare: Prepare, task: int, batch_size: int
) -> Tensor | None:
    """How a loss that follows from means over all samples changes with them (K, s)."""
    loss = population.tasks[task].loss
    if not isinstance(loss, LossOfMeans):
        return None
    means = torch.zeros(population.size, loss.size, device=population.device)
    for share, batch in shares(samples, batch_size):
        _, statistics = population.measure_task(task, prepare(batch.inputs), batch.targets)
        means += share * population.tasks[task].loss_means(statistics)
    return loss.slopes(means)


def _projected_norm(gradient: Gradients, pattern: Pattern | None) -> Tensor:
    """Projects a gradient onto the pattern, in place, and gives its norm (K,)."""
    if pattern is not None:
        pattern.project_(gradient)
    return _norm(gradient)


def _add(total: Gradients, weight: Tensor, gradient: Gradients) -> None:
    """Add c · gradient to a sum, in place, with c (K,)."""
    for name, sum_so_far in total.items():
        sum_so_far.add_(per_member(weight, gradient[name]) * gradient[name])


def _zeros(population: Population) -> Gradients:
    return {name: torch.zeros_like(p) for name, p in population.parameters.items()}


def _sparsity_gradient(population: Population, sparsity: SparsityObjective) -> Gradients:
    """A subgradient of f_0, zero for what is not counted."""
    return _zeros(population) | sparsity.gradients(population.parameters)


def _proximal_map(
    population: Population,
    sparsity: SparsityObjective,
    coefficient: Tensor,
    smooth: Gradients,
    own: Gradients,
    *,
    zeros_allowed: bool,
) -> Gradients:
    """The proximal gradient map of the counted layers.

    Args:
        population: The networks.
        sparsity: f_0.
        coefficient: Its c_0 (K,).
        smooth: The weighted sum of the tasks' gradients.
        own: The subgradient of f_0.
        zeros_allowed: Whether (further) rows may become zero.
    """
    parameters = {name: population.parameters[name].detach() for name in sparsity.names}
    blocks, gradients = sparsity.joined(parameters), sparsity.joined(smooth)
    subgradients = sparsity.joined(own)
    around = sparsity.around(sparsity.lengths(blocks))
    moved, steps = {}, []
    for (name, weights), radial in zip(blocks.items(), around.radial.unbind(dim=1), strict=True):
        factor = per_member(coefficient * radial, weights)
        gradient = torch.addcmul(gradients[name], factor, weights)
        size = weights.flatten(1).norm(dim=1)
        size = torch.where(size > 0, size, torch.ones_like(size))
        pull = gradient.flatten(1).norm(dim=1) + coefficient * subgradients[name].flatten(1).norm(
            dim=1
        )
        step = PROXIMAL_STEP * size / pull.clamp(min=torch.finfo(size.dtype).tiny)
        moved[name] = torch.addcmul(weights, per_member(step, weights), gradient, value=-1)
        steps.append(step)
    step = torch.stack(steps, dim=1) * coefficient.unsqueeze(1)
    shrunk = sparsity.shrunk(sparsity.lengths(moved), step, around, zeros_allowed=zeros_allowed)
    maps = {}
    for (name, weights), factors, size in zip(
        blocks.items(), sparsity.apart(shrunk), steps, strict=True
    ):
        after = over_rows(factors, weights) * moved[name]
        maps[name] = (weights - after) / per_member(size, weights)
    return sparsity.blocks.apart(maps, parameters)


def _norm(gradients: Mapping[str, Tensor]) -> Tensor:
    """Euclidean norm (K,) over all parameters."""
    of_each = [g.reshape(len(g), -1).norm(dim=1) for g in gradients.values()]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(of_each), dim=0)
    return norms
