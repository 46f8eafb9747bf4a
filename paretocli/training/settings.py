"""What a training run needs to know."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class TrainingSettings:
    """How a population is trained.

    Attributes:
        epochs: Passes over the training data; each is one outer iteration of the solver.
        batch_size: Samples a step; an epoch takes the full batches and leaves the rest out.
        optimizer, lr, weight_decay, schedule: The optimiser and its learning rate.
        seed: Seed of the batches' order and of the network's own randomness.
        device: Where to compute.
    """

    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    weight_decay: float
    schedule: str
    seed: int
    device: torch.device
