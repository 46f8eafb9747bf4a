"""Any number of weights, spread over the simplex. For where no lattice has about as many points."""

import math

import numpy as np

from paretocli.planning.preferences import Weights

SEED = 7
CANDIDATES = 16
LEAST_CANDIDATES = 4096


def spread_weights(objectives: int, points: int) -> Weights:
    """Weights far from each other, the centre first, the same ones each time.

    Each next one is the candidate farthest from those chosen. The candidates are a scrambled Sobol
    sequence u in the unit cube, brought to the simplex by w = −log(u) / Σ −log(u), which spreads
    them evenly. No corner is among them: a single objective is no trade-off.

    The greedy choice is that of Gonzalez, *Clustering to minimize the maximum intercluster
    distance*, Theoretical Computer Science 38 (1985).

    Args:
        objectives: Number of objectives m ≥ 2.
        points: Number of weights N ≥ 1.

    Returns:
        Weights (N, m).
    """
    candidates = _candidates(objectives, max(LEAST_CANDIDATES, CANDIDATES * points))
    chosen = np.empty((points, objectives))
    chosen[0] = 1 / objectives
    distances = np.full(len(candidates), np.inf)
    for i in range(1, points):
        distances = np.minimum(distances, ((candidates - chosen[i - 1]) ** 2).sum(axis=1))
        chosen[i] = candidates[distances.argmax()]
    return chosen


def _candidates(objectives: int, count: int) -> Weights:
    from scipy.stats import qmc  # noqa: PLC0415 - takes a second, and few sweeps need it

    sequence = qmc.Sobol(objectives, seed=SEED)
    cube = sequence.random_base2(math.ceil(math.log2(count)))
    # A scrambled sequence may hold a 0, whose logarithm is infinite.
    lengths = -np.log(np.clip(cube, 2.0**-64, None))
    simplex: Weights = lengths / lengths.sum(axis=1, keepdims=True)
    return simplex
