"""Losses and metrics of a population over a whole split."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from paretocli.population.population import Population
from paretocli.problems.inputs import Inputs
from paretocli.problems.problem import EVALUATION_BATCH, Data, Samples

Prepare = Callable[[Any], Inputs]


@torch.no_grad()
def evaluate(
    population: Population, samples: Data, prepare: Prepare, batch_size: int = EVALUATION_BATCH
) -> tuple[Tensor, Tensor]:
    """Losses (K, m), means over the batches, and metrics (K, q) of all samples.

    Args:
        population: K subproblems, in evaluation mode.
        samples: The data of the tasks.
        prepare: Makes the network's input of a batch.
        batch_size: Samples that are measured at once.
    """
    losses, statistics = [], []
    for share, batch in shares(samples, batch_size):
        batch_losses, batch_statistics = population.measure(prepare(batch.inputs), batch.targets)
        losses.append(share * batch_losses)
        statistics.append(share * batch_statistics)
    metrics = population.metrics(torch.stack(statistics).sum(dim=0))
    return torch.stack(losses).sum(dim=0), metrics


def shares(samples: Data, batch_size: int) -> Iterator[tuple[float, Samples]]:
    """Batches in order, each with its share of all samples."""
    for start in range(0, len(samples), batch_size):
        batch = samples.rows(slice(start, start + batch_size))
        yield len(batch) / len(samples), batch
