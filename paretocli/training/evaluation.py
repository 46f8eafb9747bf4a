"""Losses and metrics of a population over a whole split."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from paretocli.core.in_order import in_order
from paretocli.core.inputs import Inputs
from paretocli.core.problem import EVALUATION_BATCH, Data, Samples
from paretocli.execution.company import ALONE, Company
from paretocli.population.population import Population
from paretocli.sparsity.objective import SparsityObjective
from paretocli.training.breakdown import Breakdown
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
    of_whole = any(task.whole_metrics for task in population.tasks)
    company = ALONE if of_whole else divided(population.company, samples, batch_size)
    for share, batch in shares(samples, batch_size, company):
        batch_losses, batch_statistics, outputs = population.measure_and_keep(
            prepare(batch.inputs), batch.targets
        )
        losses.append(share * batch_losses)
        statistics.append(share * batch_statistics)
        whole.add(outputs, batch.targets)
    total, loss = torch.stack(statistics).sum(dim=0), torch.stack(losses).sum(dim=0)
    company.sum_([total, loss])
    metrics = whole.put_into(population.metrics(total))
    return population.over_labelled(loss, total), metrics


def divided(company: Company, samples: Data, batch_size: int) -> Company:
    """The processes that have batches of a split each; this one alone where there are too few."""
    return company if len(samples) > batch_size * (company.size - 1) else ALONE


def shares(
    samples: Data, batch_size: int, company: Company = ALONE
) -> Iterator[tuple[float, Samples]]:
    """Batches in order, each with its share of all samples.

    Args:
        samples: A split.
        batch_size: Samples a batch; the last has what is left.
        company: Processes that take turns at the batches.
    """
    starts = range(0, len(samples), batch_size)[company.rank :: company.size]
    rows = [slice(start, start + batch_size) for start in starts]
    for batch in in_order(samples, rows):
        yield len(batch) / len(samples), batch


def evaluate_all(
    population: Population,
    sparsity: SparsityObjective | None,
    samples: Data,
    prepare: Prepare,
    batch_size: int,
) -> tuple[Tensor, Tensor]:
    """All objectives (K, m), sparsity first where it is one, and metrics (K, q); as `evaluate`."""
    losses, metrics = evaluate(population, samples, prepare, batch_size)
    if sparsity is not None:
        losses = sparsity.put_before(losses, population.parameters)
    return losses, metrics


def means_of(
    steps: Sequence[tuple[Tensor, Tensor, Tensor]],
    population: Population,
    breakdown: Breakdown | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The objectives (K, m), metrics (K, q) and auxiliary losses (K, a) of batches of training.

    Args:
        steps: Objectives, statistics and auxiliary losses of each.
        population: Makes metrics of statistics.
        breakdown: Sees whether all were numbers, where they are the steps of an epoch.
    """
    losses, statistics, auxiliary = (torch.stack(one) for one in zip(*steps, strict=True))
    if breakdown is not None:
        breakdown.observe(torch.cat([losses, auxiliary], dim=2))
    metrics = population.metrics(statistics.mean(dim=0))
    return losses.mean(dim=0), metrics, auxiliary.mean(dim=0)
