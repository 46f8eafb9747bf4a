"""Weights around the middle: few points for many objectives.

A lattice of m objectives with two steps has m (m + 1) / 2 points, and most of them ask for two
objectives and nothing of the others. Around the middle there is one point for each objective, or
for each group of them, that still serves the others.
"""

from collections.abc import Sequence

import numpy as np

from paretocli.planning.preferences import Weights

Groups = tuple[tuple[int, ...], ...]


def leaning_weights(middle: Weights, groups: Sequence[Sequence[int]], lean: float) -> Weights:
    """The weights (g, m) of points that lean from the middle to a group of objectives each.

    The weight of an objective in its group is `lean` times what it would have outside. In the
    Chebyshev scalarization that asks for a normalised loss of 1/`lean` of the others'.

    Args:
        middle: Weights (m,) of sum 1.
        groups: Places of objectives.
        lean: Above 1.
    """
    rows = np.tile(middle, (len(groups), 1))
    for row, group in zip(rows, groups, strict=True):
        row[list(group)] *= lean
    found: Weights = rows / rows.sum(axis=1, keepdims=True)
    return found


def weights_around(objectives: int, lean: float) -> Weights:
    """The middle, and a point that leans to each objective (m + 1, m).

    Args:
        objectives: Their number m.
        lean: As for `leaning_weights`.
    """
    middle = np.full(objectives, 1 / objectives)
    each = [(place,) for place in range(objectives)]
    return np.vstack([middle, leaning_weights(middle, each, lean)])


def clusters_of(similarities: Weights, count: int) -> Groups:
    """Groups of tasks that are most alike.

    Hierarchical clustering with average linkage: the two groups whose tasks are most alike on
    average become one, until there are so many; of several pairs the first.

    Args:
        similarities: Symmetric (t, t), such as cosines of gradients.
        count: How many groups, from 1 to t.

    Returns:
        The places of the tasks of each group, rising; the group of the first task first.
    """
    groups = [(place,) for place in range(len(similarities))]
    while len(groups) > count:
        alike = np.array(
            [[similarities[np.ix_(one, other)].mean() for other in groups] for one in groups]
        )
        alike[np.tril_indices(len(groups))] = -np.inf
        # Rounding must not decide between pairs that are as much alike.
        first, second = np.argwhere(alike >= alike.max() - 1e-9)[0]
        joined = tuple(sorted(groups[first] + groups[second]))
        left = [group for place, group in enumerate(groups) if place not in (first, second)]
        groups = sorted([*left, joined])
    return tuple(groups)
