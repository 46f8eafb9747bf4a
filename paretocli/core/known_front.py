"""The whole front of a problem, where it is known: what points of a sweep can be held against."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KnownFront:
    """A Pareto front, in units of the objectives.

    Attributes:
        ideal: The smallest value of each objective on the front (m,).
        reference_point: Where hypervolumes end (m,), beyond the front in each objective.
        hypervolume: What the whole front dominates below the reference point: no points have more.
        sample: From a number, about so many points (N, m) that lie all over the front, its ends
            included.
    """

    ideal: tuple[float, ...]
    reference_point: tuple[float, ...]
    hypervolume: float
    sample: Callable[[int], Array]

    def __post_init__(self) -> None:
        sides = np.subtract(self.reference_point, self.ideal)
        if not (sides > 0).all() or not 0 < self.hypervolume <= np.prod(sides) * (1 + 1e-9):
            raise InputError(
                "A known front should have a reference point beyond its ideal in each objective, "
                f"and a hypervolume above 0 and up to their box; found {self.reference_point}, "
                f"{self.ideal} and {self.hypervolume}."
            )
