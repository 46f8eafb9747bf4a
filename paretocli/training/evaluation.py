"""Losses and metrics of a population over a whole split, and the gradients of its losses."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from paretocli.population.population import Population
from paretocli.problems.problem import Samples

EVALUATION_BATCH = 1000

Prepare = Callable[[Tensor], Tensor]


@torch.no_grad()
def evaluate(population: Population, samples: Samples, prepare: Prepare) -> tuple[Tensor, Tensor]:
    """Mean losses (K, m) and metrics (K, q) over all samples, in evaluation mode."""
    losses, metrics = [], []
    for share, batch in _shares(samples):
        batch_losses, batch_metrics = population.measure(prepare(batch.inputs), batch.targets)
        losses.append(share * batch_losses)
        metrics.append(share * batch_metrics)
    return torch.stack(losses).sum(dim=0), torch.stack(metrics).sum(dim=0)


def stationarity(
    population: Population, samples: Samples, prepare: Prepare, coefficients: Tensor
) -> Tensor:
    """How far each subproblem is from a stationary point, over all samples.

        ‖Σ_j c_j ∇f_j‖ / Σ_j c_j ‖∇f_j‖

    Zero where the objectives' gradients cancel (a KKT point, with the gap), one where all pull
    the same way.

    Args:
        population: K subproblems, in evaluation mode.
        samples: The data of the objectives.
        prepare: Makes the network's input of a batch.
        coefficients: c (K, m) ≥ 0.

    Returns:
        Numbers in [0, 1], (K,); zero where all gradients vanish.
    """
    parameters = list(population.parameters.values())
    count = coefficients.shape[1]
    gradients = [[torch.zeros_like(p) for p in parameters] for _ in range(count)]
    for share, batch in _shares(samples):
        losses, _ = population.measure(prepare(batch.inputs), batch.targets)
        for j in range(count):
            found = torch.autograd.grad(
                losses[:, j].sum(), parameters, retain_graph=j + 1 < count, allow_unused=True
            )
            for total, gradient in zip(gradients[j], found, strict=True):
                if gradient is not None:
                    total.add_(gradient, alpha=share)
    flat = torch.stack([torch.cat([g.flatten(1) for g in row], dim=1) for row in gradients], dim=1)
    together = (coefficients.unsqueeze(-1) * flat).sum(dim=1).norm(dim=-1)
    apart = (coefficients * flat.norm(dim=-1)).sum(dim=-1)
    return torch.where(apart > 0, together / apart, torch.zeros_like(apart))


def _shares(samples: Samples) -> Iterator[tuple[float, Samples]]:
    """Batches in order, each with its share of all samples."""
    for start in range(0, len(samples), EVALUATION_BATCH):
        rows = slice(start, start + EVALUATION_BATCH)
        batch = Samples(samples.inputs[rows], tuple(target[rows] for target in samples.targets))
        yield len(batch) / len(samples), batch
