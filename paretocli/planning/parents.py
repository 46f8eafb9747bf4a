"""Which solved point another one starts from.

The neighbour of a point is the one whose weights differ by the smallest factors. Where sparsity is
an objective a denser network is the better start, for rows that are zero come back with difficulty.
"""

import numpy as np
import numpy.typing as npt

from paretocli.planning.preferences import Weights, log_ratios

SMALLEST = 1e-3  # weights below count as this much: factors below say little


def nearest_parents(solved: Weights, wanted: Weights, *, sparse: bool) -> npt.NDArray[np.intp]:
    """For each wanted point the place of the solved one to start from (W,).

    Args:
        solved: Weights (S, m) of solved points, S ≥ 1.
        wanted: Weights (W, m).
        sparse: The first objective is sparsity: those with no larger weight of it come first.
    """
    apart = log_ratios(wanted, SMALLEST)[:, None] - log_ratios(solved, SMALLEST)[None]
    distance = np.linalg.norm(apart, axis=2)
    if sparse:
        sparser = solved[None, :, 0] > wanted[:, None, 0] * (1 + 1e-9)
        distance = np.where(sparser, distance + 1e6, distance)
    places: npt.NDArray[np.intp] = distance.argmin(axis=1)
    return places
