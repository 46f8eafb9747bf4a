"""Which points no other point beats."""

from collections.abc import Sequence

import moocore
import numpy as np
import numpy.typing as npt


def non_dominated(
    values: npt.ArrayLike, *, maximise: bool | Sequence[bool] = False
) -> npt.NDArray[np.bool_]:
    """Mark the points of the front.

    A point is dominated when another one is at least as good in every column and better in
    one. Equal points do not dominate each other: all of them stay, or none.

    Args:
        values: (N, m), one row a point. A row with a NaN is never on the front, and beats nobody.
        maximise: whether higher is better, for all columns or for each of the m.

    Returns:
        (N,), true for the points of the front.

    Raises:
        ValueError: `values` is not a table, or `maximise` does not fit its columns.

    Source: the search itself is moocore's, O(N log N) up to three columns (Kung, Luccio,
    Preparata, JACM 1975).
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ValueError(f"Parameter `values` should have shape (N, m). Found {table.shape}.")
    higher = np.broadcast_to(maximise, table.shape[1:]) if np.ndim(maximise) == 0 else maximise
    if np.shape(higher) != table.shape[1:]:
        raise ValueError(
            f"Parameter `maximise` should have one entry for each of the {table.shape[1]} columns. "
            f"Found {len(np.asarray(higher))}."
        )
    mask: npt.NDArray[np.bool_] = np.logical_not(np.isnan(table).any(axis=1))
    if mask.any():
        # Signs are turned here and zeros added: -0.0 and 0.0 must count as equal.
        costs = np.where(np.asarray(higher, dtype=bool), -table[mask], table[mask]) + 0.0
        mask[mask] = moocore.is_nondominated(costs, keep_weakly=True)
    return mask


def dominance_ranks(
    values: npt.ArrayLike, *, maximise: bool | Sequence[bool] = False
) -> npt.NDArray[np.int64]:
    """Rank points: 1 is the front, 2 the front of what is left without it, and so on.

    Args:
        values: (N, m), one row a point.
        maximise: Whether higher is better, for all columns or for each of the m.

    Returns:
        (N,), from 1; 0 for a row with a NaN.

    Raises:
        ValueError: As for `non_dominated`.

    Source: Deb, Pratap, Agarwal, Meyarivan, *A fast and elitist multiobjective genetic algorithm:
    NSGA-II*, IEEE Transactions on Evolutionary Computation 6 (2002).
    """
    table = np.asarray(values, dtype=np.float64)
    ranks = np.zeros(len(table), dtype=np.int64)
    left = np.arange(len(table))
    rank = 0
    while (front := non_dominated(table[left], maximise=maximise)).any():
        rank += 1
        ranks[left[front]] = rank
        left = left[~front]
    return ranks
