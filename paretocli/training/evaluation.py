"""Losses and metrics of a population over a whole split."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from paretocli.core.in_order import parts_in_order
from paretocli.core.inputs import Inputs
from paretocli.core.problem import EVALUATION_BATCH, Data, Samples
from paretocli.population.population import Population
from paretocli.training.whole_split import WholeSplit

Prepare = Callable[[Any], Inputs]


@torch.no_grad()
def evaluate(
    population: Population, samples: Data, prepare: Prepare, batch_size: int = EVALUATION_BATCH
) -> tuple[Tensor, Tensor]:
    """Losses (K, m) and metrics (K, q), means over all samples that have a label, or of them all.

    NaN for a task of which no sample has a label.

    Args:
        population: K subproblems, in evaluation mode.
        samples: The data of the tasks.
        prepare: Makes the network's input of a batch.
        batch_size: Samples that are measured at once.

    Raises:
        InputError: A metric of a whole split raises something.
    """
    losses, statistics = [], []
    whole = WholeSplit(population.tasks)
    for share, batch in shares(samples, batch_size):
        batch_losses, batch_statistics, outputs = population.measure_and_keep(
            prepare(batch.inputs), batch.targets
        )
        losses.append(share * batch_losses)
        statistics.append(share * batch_statistics)
        whole.add(outputs, batch.targets)
    total = torch.stack(statistics).sum(dim=0)
    metrics = whole.put_into(population.metrics(total))
    return population.over_labelled(torch.stack(losses).sum(dim=0), total), metrics


def shares(samples: Data, batch_size: int) -> Iterator[tuple[float, Samples]]:
    """Batches in order, each with its share of all samples."""
    for _, batch in parts_in_order(samples, batch_size):
        yield len(batch) / len(samples), batch
