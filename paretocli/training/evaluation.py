"""Losses and metrics of a population over a whole split."""

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
    for share, batch in shares(samples):
        batch_losses, batch_metrics = population.measure(prepare(batch.inputs), batch.targets)
        losses.append(share * batch_losses)
        metrics.append(share * batch_metrics)
    return torch.stack(losses).sum(dim=0), torch.stack(metrics).sum(dim=0)


def shares(samples: Samples) -> Iterator[tuple[float, Samples]]:
    """Batches in order, each with its share of all samples."""
    for start in range(0, len(samples), EVALUATION_BATCH):
        rows = slice(start, start + EVALUATION_BATCH)
        batch = Samples(samples.inputs[rows], tuple(target[rows] for target in samples.targets))
        yield len(batch) / len(samples), batch
