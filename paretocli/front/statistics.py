"""A figure over the seeds of a method."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Statistics:
    """A figure over the seeds; `count` of them have it.

    The standard deviation is that of a sample (divided by count − 1), and 0 for a single seed.
    """

    mean: float
    std: float
    count: int

    def content(self) -> dict[str, float | None]:
        """Its fields for JSON, which knows no NaN: None without any."""
        mean, std = (self.mean, self.std) if self.count else (None, None)
        return {"mean": mean, "std": std, "count": self.count}


def statistics(values: Iterable[float]) -> Statistics:
    """Mean and standard deviation of the values that are numbers; NaN without any."""
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return Statistics(float("nan"), float("nan"), 0)
    std = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    return Statistics(float(known.mean()), std, len(known))
