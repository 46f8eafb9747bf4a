"""A task's training labels, as models take them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from paretocli.core.prediction import Classes, Prediction

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Labelled:
    """The training rows that count in a task's loss.

    Attributes:
        name: Of the task.
        kind: What its output says.
        rows: Their numbers (n,).
        labels: What is to be predicted of them (n,).
        weights: How much they count (n,), above 0.
    """

    name: str
    kind: Prediction
    rows: Array
    labels: Array
    weights: Array

    @property
    def trees(self) -> int:
        """How many trees are grown at a time: one a class, but one for two."""
        return self.kind.count if isinstance(self.kind, Classes) and self.kind.count > 2 else 1

    def part(self, most: int) -> "Labelled":
        """All rows, or so many of them at random, the same ones each time."""
        count = len(self.rows)
        if count <= most:
            return self
        kept = np.sort(np.random.default_rng(0).choice(count, most, replace=False))
        return Labelled(
            self.name, self.kind, self.rows[kept], self.labels[kept], self.weights[kept]
        )

    def output(self, predicted: Array) -> Tensor:
        """The output (N, …) that a network would give for what is predicted."""
        return self.kind.output(predicted).to(torch.float32)
