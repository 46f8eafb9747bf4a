"""The batches of an epoch, and the seeds that an epoch draws from."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from paretocli.core.in_order import ReadAhead, in_order
from paretocli.core.problem import Data, Samples
from paretocli.training.settings import TrainingSettings


def batches(
    samples: Data, settings: TrainingSettings, epoch: int
) -> Iterator[tuple[Samples, int, int]]:
    """Shuffled full batches, with their number and how many there are.

    Where each subproblem has batches of its own (`settings.streams`), they follow one another.

    Args:
        samples: The training samples.
        settings: Size of the batches, seed and device.
        epoch: Number of the epoch, from 0.
    """
    size = min(settings.batch_size, len(samples))
    steps = len(samples) // size
    # Every subproblem, or all of them together, go through the data in an order of their own.
    streams = settings.streams or (0,)
    orders = torch.stack([_order(len(samples), settings.seed, epoch, s) for s in streams])
    seeds = None
    if isinstance(samples, ReadAhead):
        drawn = torch.stack([_seeds(len(samples), settings.seed, epoch, s) for s in streams])
        seeds = _cut(drawn, size)
    else:
        orders = orders.to(settings.device)
    for step, batch in enumerate(in_order(samples, _cut(orders, size), seeds)):
        yield batch, step, steps


def mixed_seed(*numbers: int) -> int:
    """One seed from several numbers (seed, epoch, purpose), unrelated to that of others."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _cut(numbers: Tensor, size: int) -> list[Tensor]:
    """What each full batch has of numbers (streams, N), one stream after the other."""
    steps = numbers.shape[1] // size
    return [numbers[:, step * size : (step + 1) * size].flatten() for step in range(steps)]


def _order(count: int, seed: int, epoch: int, stream: int) -> Tensor:
    """A random order of the training samples (N,) for an epoch; stream 0 is what all share."""
    numbers = (seed, epoch, 0, *([stream] if stream else []))
    generator = torch.Generator().manual_seed(mixed_seed(*numbers))
    return torch.randperm(count, generator=generator)


def _seeds(count: int, seed: int, epoch: int, stream: int) -> Tensor:
    """What the samples of an epoch draw from, by their places in its order (N,)."""
    generator = torch.Generator().manual_seed(mixed_seed(seed, epoch, 2, stream))
    return torch.randint(2**62, (count,), generator=generator)
