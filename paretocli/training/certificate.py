"""How far a population is from stationary points."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from paretocli.population.population import Population
from paretocli.problems.problem import EVALUATION_BATCH, Data
from paretocli.sparsity.layers import per_member
from paretocli.sparsity.objective import SparsityObjective
from paretocli.sparsity.pattern import Pattern
from paretocli.training.evaluation import Prepare, shares

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
) -> Tensor:
    """How far each subproblem is from a stationary point, over all samples.

        ‖Σ_j c_j ∇f_j‖ / Σ_j c_j ‖∇f_j‖

    Zero where the objectives' gradients cancel (a KKT point, with the gap), one where all pull
    the same way. GrOWL has no gradient at zero rows and at rows of equal length: for the layers
    that it counts the sum is replaced by the proximal gradient map (W − prox_{ηc_0Ω}(W − ηg)) / η,
    which is zero at just the stationary points. Within a pattern, all gradients are projected onto
    it.

    Args:
        population: K subproblems, in evaluation mode.
        samples: The data of the tasks.
        prepare: Makes the network's input of a batch.
        coefficients: c (K, m) ≥ 0, that of sparsity first where it is an objective.
        batch_size: Samples that are measured at once.
        sparsity: f_0, where it is one.
        pattern: Zero rows and ties that the parameters are bound to.
        zeros_allowed: Whether (further) rows may become zero.

    Returns:
        Numbers in [0, 1] but for rounding, (K,); zero where all gradients vanish.
    """
    if sparsity is not None and pattern is not None:
        sparsity = sparsity.within(pattern)
    of_tasks = coefficients if sparsity is None else coefficients[:, 1:]
    gradients = _task_gradients(population, samples, prepare, of_tasks.shape[1], batch_size)
    weighted = [(of_tasks[:, j], gradient) for j, gradient in enumerate(gradients)]
    if sparsity is not None:
        weighted.append((coefficients[:, 0], _sparsity_gradient(population, sparsity)))
    if pattern is not None:
        for _, gradient in weighted:
            pattern.project_(gradient)
    together = _combined(weighted)
    if sparsity is not None:
        together |= _proximal_map(population, sparsity, weighted, zeros_allowed=zeros_allowed)
    apart = torch.stack([c * _norm(gradient) for c, gradient in weighted]).sum(dim=0)
    whole = _norm(together)
    return torch.where(apart == 0, torch.zeros_like(apart), whole / apart)


def _task_gradients(
    population: Population, samples: Data, prepare: Prepare, tasks: int, batch_size: int
) -> list[Gradients]:
    """The gradient of each task's loss over all samples."""
    names, parameters = list(population.parameters), list(population.parameters.values())
    gradients = [
        {name: torch.zeros_like(p) for name, p in population.parameters.items()}
        for _ in range(tasks)
    ]
    for share, batch in shares(samples, batch_size):
        losses, _ = population.measure(prepare(batch.inputs), batch.targets)
        for j in range(tasks):
            found = torch.autograd.grad(
                losses[:, j].sum(), parameters, retain_graph=j + 1 < tasks, allow_unused=True
            )
            for name, gradient in zip(names, found, strict=True):
                if gradient is not None:
                    gradients[j][name].add_(gradient, alpha=share)
    return gradients


def _sparsity_gradient(population: Population, sparsity: SparsityObjective) -> Gradients:
    """A subgradient of f_0, zero for what is not counted."""
    _, found = sparsity.value_and_gradients(population.parameters)
    return {name: torch.zeros_like(p) for name, p in population.parameters.items()} | found


def _proximal_map(
    population: Population,
    sparsity: SparsityObjective,
    weighted: Sequence[tuple[Tensor, Gradients]],
    *,
    zeros_allowed: bool,
) -> Gradients:
    """The proximal gradient map of the counted layers; that of f_0 is the last of `weighted`."""
    coefficient, own = weighted[-1]
    smooth = _combined(weighted[:-1])
    radial = sparsity.radial_gradients(population.parameters)
    maps = {}
    for name in sparsity.names:
        weights = population.parameters[name].detach()
        factor = per_member(coefficient, weights)
        gradient = smooth[name]
        if name in radial:
            gradient = gradient + factor * radial[name]
        size = weights.flatten(1).norm(dim=1)
        size = torch.where(size > 0, size, torch.ones_like(size))
        pull = gradient.flatten(1).norm(dim=1) + coefficient * own[name].flatten(1).norm(dim=1)
        step = PROXIMAL_STEP * size / pull.clamp(min=torch.finfo(size.dtype).tiny)
        moved = weights - per_member(step, weights) * gradient
        sparsity.shrink_(
            name,
            moved,
            step * coefficient,
            sparsity.denominator(name, weights),
            sparsity.lone_rows(name, weights),
            zeros_allowed=zeros_allowed,
        )
        maps[name] = (weights - moved) / per_member(step, weights)
    return maps


def _combined(weighted: Sequence[tuple[Tensor, Gradients]]) -> Gradients:
    names = weighted[0][1]
    return {
        name: torch.stack([per_member(c, g[name]) * g[name] for c, g in weighted]).sum(dim=0)
        for name in names
    }


def _norm(gradients: Mapping[str, Tensor]) -> Tensor:
    """Euclidean norm (K,) over all parameters."""
    flat = torch.cat([gradient.flatten(1) for gradient in gradients.values()], dim=1)
    norms: Tensor = torch.linalg.vector_norm(flat, dim=1)
    return norms
