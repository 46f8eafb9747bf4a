"""Losses and metrics of a population over a whole split."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from paretocli.population.population import Population
from paretocli.problems.problem import Data, Samples

EVALUATION_BATCH = 1000

Prepare = Callable[[Tensor], Tensor]


@torch.no_grad()
def evaluate(population: Population, samples: Data, prepare: Prepare) -> tuple[Tensor, Tensor]:
    """Mean losses (K, m) and metrics (K, q) over all samples, in evaluation mode."""
    losses, statistics = [], []
    for share, batch in shares(samples):
        batch_losses, batch_statistics = population.measure(prepare(batch.inputs), batch.targets)
        losses.append(share * batch_losses)
        statistics.append(share * batch_statistics)
    metrics = population.metrics(torch.stack(statistics).sum(dim=0))
    return torch.stack(losses).sum(dim=0), metrics


def shares(samples: Data) -> Iterator[tuple[float, Samples]]:
    """Batches in order, each with its share of all samples."""
    for start in range(0, len(samples), EVALUATION_BATCH):
        batch = samples.rows(slice(start, start + EVALUATION_BATCH))
        yield len(batch) / len(samples), batch
