"""How training for eight bits went."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """How the training went.

    Attributes:
        epochs: That it took.
        best_epoch: Whose network it is, 0 for what there was before it.
        values: The weighted sum of the validation losses, before and after each epoch.
        coefficients: By task, how much its loss counts.
        rate: The learning rate at first, which falls to 0 along a cosine.
        range_rate: Of the ranges.
        batch_size: Samples a step.
        samples: Training samples.
    """

    epochs: int
    best_epoch: int
    values: tuple[float, ...]
    coefficients: Mapping[str, float]
    rate: float
    range_rate: float
    batch_size: int
    samples: int
