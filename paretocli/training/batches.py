"""The batches of an epoch, and the seeds that an epoch draws from."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

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
    orders = torch.stack(
        [_order(len(samples), settings.seed, epoch, s) for s in settings.streams or (0,)]
    ).to(settings.device)
    for step in range(steps):
        yield samples.rows(orders[:, step * size : (step + 1) * size].flatten()), step, steps


def mixed_seed(*numbers: int) -> int:
    """One seed from several numbers (seed, epoch, purpose), unrelated to that of others."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _order(count: int, seed: int, epoch: int, stream: int) -> Tensor:
    """A random order of the training samples (N,) for an epoch; stream 0 is what all share."""
    numbers = (seed, epoch, 0, *([stream] if stream else []))
    generator = torch.Generator().manual_seed(mixed_seed(*numbers))
    return torch.randperm(count, generator=generator)
