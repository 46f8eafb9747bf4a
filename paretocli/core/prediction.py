"""What a task's output predicts, so that classical models can be put in a network's place.

Each kind says how a prediction is written as the output that a network would give for it. The
task's own loss and metrics then measure both alike.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[np.float64]

LEAST = 1e-15  # probability, or expected count: of 0 there is no logarithm


@dataclass(frozen=True)
class Classes:
    """Outputs are logits (B, C) of so many classes, targets their numbers (B,)."""

    count: int

    def output(self, predicted: Array) -> Tensor:
        """The output (N, C) that says probabilities (N, C)."""
        return torch.from_numpy(np.log(np.clip(predicted, LEAST, None)))


@dataclass(frozen=True)
class Number:
    """Outputs are numbers (B, 1), standardised; targets are (B,) or (B, 1), in their own units.

    Attributes:
        mean: What an output of 0 predicts.
        deviation: How much more one of 1 does.
        flat: Whether outputs are (B,).
    """

    mean: float = 0.0
    deviation: float = 1.0
    flat: bool = False

    def output(self, predicted: Array) -> Tensor:
        """The output (N, 1), or (N,), that says numbers (N,)."""
        found = torch.from_numpy((predicted - self.mean) / self.deviation)
        return found if self.flat else found.unsqueeze(1)


@dataclass(frozen=True)
class Count:
    """Outputs are logarithms of expected counts over a mean (B, 1), targets are counts (B,).

    Attributes:
        mean: What an output of 0 predicts.
    """

    mean: float = 1.0

    def output(self, predicted: Array) -> Tensor:
        """The output (N, 1) that says expected counts (N,)."""
        return torch.from_numpy(np.log(np.clip(predicted, LEAST, None) / self.mean)).unsqueeze(1)


Prediction = Classes | Number | Count
