"""The box in which hypervolumes are measured."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.front.indicators import share_of_box

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Box:
    """From the ideal to the reference point (m,), both in losses."""

    ideal: Array
    reference_point: Array

    def share(self, losses: Array, *, exact: bool | None = None) -> float:
        """The hypervolume of points (N, m) as a share of the box; NaN rows add nothing.

        NaN where a point is better than the ideal.

        Args:
            losses: The points.
            exact: As for `hypervolume`.
        """
        return share_of_box(losses, self.ideal, self.reference_point, exact=exact)

    def scaled(self, losses: Array) -> Array:
        """Points (N, m) without units: 0 is the ideal, 1 the reference point."""
        return (losses - self.ideal) / (self.reference_point - self.ideal)
