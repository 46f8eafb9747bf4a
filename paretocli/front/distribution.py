"""Numbers that say how far a front reaches, and how evenly its points lie."""

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import linkage
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

Array = npt.NDArray[np.float64]


def span(front: Array, reference_set: Array) -> float:
    """The share of a reference set's range that a front covers, as the mean over the objectives.

        1/m Σ_j [min(max_F f_j, max_R f_j) − max(min_F f_j, min_R f_j)]₊ / (max_R f_j − min_R f_j)

    F is the front, R the reference set. What lies beyond the ends of R counts for nothing: points
    that are worse than all of R in an objective would reach far. Objectives in which R has no range
    are left out; where it has none at all, there is nothing to cover, and the span is 0.

    Args:
        front: (N, m), N ≥ 1.
        reference_set: (R, m), R ≥ 1, in the same units.

    Returns:
        From 0, for a single point, to 1.

    Source: the maximum spread of Goh and Tan, IEEE Transactions on Evolutionary Computation 11
    (2007), but with the mean for their root mean square: so 0.5 is half of the range.
    """
    low, high = reference_set.min(axis=0), reference_set.max(axis=0)
    ranged = high > low
    if not ranged.any():
        return 0.0
    covered = np.minimum(front.max(axis=0), high) - np.maximum(front.min(axis=0), low)
    return float(np.mean(covered[ranged].clip(min=0) / (high - low)[ranged]))


def fill_distance(front: Array, reference_set: Array) -> float:
    """The largest hole of a front: how far a reference set can be from its nearest point.

        max_{r ∈ R} min_{p ∈ F} ‖r − p‖

    F is the front, R the reference set. A whole front as R makes it the radius of the largest ball
    around a point of R that holds no point of F; one end that is missing counts like a hole.

    Args:
        front: (N, m), without units.
        reference_set: (R, m), likewise.

    Returns:
        At least 0; NaN where either is empty.

    Source: the fill distance of scattered data (Wendland, Scattered Data Approximation, 2005),
    which is the directed Hausdorff distance from R to F; as an indicator of fronts, the coverage
    error of Sayın, Mathematical Programming 87 (2000).
    """
    if not len(front) or not len(reference_set):
        return float("nan")
    nearest, _ = cKDTree(front).query(reference_set)
    return float(nearest.max())


def spread(front: Array) -> float:
    """How unevenly the points of a front lie: by how much their gaps differ.

        Σ_i |d_i − d̄| / (n d̄)

    The gaps d_i are the n edges of the points' minimum spanning tree (Euclidean; n + 1 different
    points), and d̄ is their mean. 0 means that all gaps are equal; it grows towards 2 where nearly
    all points lie in two heaps.

    For two objectives the tree joins the neighbours along the front, and this is the Δ of Deb,
    Pratap, Agarwal and Meyarivan, IEEE Transactions on Evolutionary Computation 6 (2002), without
    the distances between the front's ends and the best known ones, which `span` is about. Zhou et
    al. (CEC 2006) take Δ to more objectives through distances to the nearest neighbours instead:
    these are small and alike within two far heaps, which would seem even.

    Args:
        front: (N, m), without units; N ≥ 1.

    Returns:
        At least 0; NaN for less than three different points, which have less than two gaps.

    Source of the edges: the merges of single-linkage clustering (Gower and Ross, Applied Statistics
    18, 1969).
    """
    points = np.unique(front, axis=0)
    if len(points) < 3:
        return float("nan")
    gaps = linkage(pdist(points), method="single")[:, 2]
    return float(np.abs(gaps - gaps.mean()).mean() / gaps.mean())
