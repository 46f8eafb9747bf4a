"""The border of what a front attains, in two dimensions."""

import numpy as np
import numpy.typing as npt


def staircase(
    front: npt.NDArray[np.float64],
    higher: tuple[bool, bool],
    worst: tuple[float, float],
) -> npt.NDArray[np.float64]:
    """Connect the points of a front by steps.

    The steps bound the region that the front weakly dominates: between two neighbours the corner
    lies on their worse side, never on the better, because nothing was found there.

    Args:
        front: (N, 2) points that do not dominate each other, in any order; N ≥ 1.
        higher: for both columns, whether higher is better.
        worst: where the first and the last step end: the worse end of both axes.

    Returns:
        (2 N' + 1, 2) corners from one end to the other, for N' different points.

    Source: the empirical attainment surface of a single run; Fonseca, Fleming, PPSN 1996.
    """
    signs = np.where(higher, -1.0, 1.0)
    costs = np.unique(front * signs, axis=0)  # sorted by the first column, which is minimised now
    ends = np.asarray(worst) * signs
    x = np.repeat(np.append(costs[:, 0], ends[0]), 2)[:-1]
    y = np.repeat(np.append(ends[1], costs[:, 1]), 2)[1:]
    return np.column_stack([x, y]) * signs
