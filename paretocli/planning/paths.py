"""Paths through a grid of weights: each point starts from the solved one before it.

As the path of the lasso is computed from one penalty to the next (Friedman, Hastie and Tibshirani,
*Regularization paths for generalized linear models via coordinate descent*, Journal of Statistical
Software 33, 2010), but where sparsity is an objective from dense to sparse: rows that are zero come
back with difficulty.
"""

import numpy as np

from paretocli.options.config import SweepConfig
from paretocli.planning.parents import SMALLEST
from paretocli.planning.preferences import Weights, log_ratios

Level = tuple[tuple[int, ...], tuple[int, ...]]


def levels(config: SweepConfig) -> list[Level]:
    """The points that follow on from others, with these; those of a level start together.

    The first point is the one in the middle, where sparsity is an objective of the densest ones.
    Paths lead outwards from it, and then from dense to sparse.

    Returns:
        Pairs of points and their parents, which are in an earlier level or in none.
    """
    weights = np.array(config.weights)
    places = log_ratios(weights, SMALLEST)
    from_middle = np.linalg.norm(log_ratios(_shares(config, weights), SMALLEST), axis=1)
    density = weights[:, 0].round(9) if config.sparsity else np.zeros(len(weights))
    order = np.lexsort((from_middle.round(9), density))
    first = {int(order[0])}
    depth = dict.fromkeys(first, 0)
    found: dict[int, tuple[list[int], list[int]]] = {}
    for point in (int(p) for p in order if int(p) not in first):
        solved = list(depth)
        near = np.linalg.norm(places[solved] - places[point], axis=1)
        parent = solved[int(near.argmin())]
        depth[point] = depth[parent] + 1
        points, parents = found.setdefault(depth[point], ([], []))
        points.append(point)
        parents.append(parent)
    return [_in_order(*found[level]) for level in sorted(found)]


def _shares(config: SweepConfig, weights: Weights) -> Weights:
    """The weights of what is to be in the middle: with sparsity, of the tasks among themselves."""
    if not config.sparsity:
        return weights
    of_tasks = np.maximum(weights[:, 1:], SMALLEST)
    shares: Weights = of_tasks / of_tasks.sum(axis=1, keepdims=True)
    return shares


def _in_order(points: list[int], parents: list[int]) -> Level:
    pairs = sorted(zip(points, parents, strict=True))
    return tuple(point for point, _ in pairs), tuple(parent for _, parent in pairs)
