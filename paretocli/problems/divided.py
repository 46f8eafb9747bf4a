"""Dividing rows into parts: groups stay together, and classes get the same shares everywhere."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


def divided(
    shares: Sequence[float], groups: Integers, labels: Integers, seed: int
) -> list[Integers]:
    """Parts of rows, each group in one of them.

    Iterative stratification: of the labels that are left, the rarest comes first, and each of its
    groups goes where that label is wanted most. Groups without a label go where rows are wanted
    most. No part stays empty.

    Sechidis, Tsoumakas and Vlahavas, *On the Stratification of Multi-Label Data*, ECML 2011.

    Args:
        shares: Of all rows, for each part (p,).
        groups: A number for each row (N,), from 0 on; as many different ones as parts, or more.
        labels: Which labels rows have (N, L), 1 or 0.
        seed: The same seed means the same parts.

    Returns:
        The rows of each part, in order.
    """
    sizes = np.bincount(groups)
    held = np.zeros((len(sizes), labels.shape[1] + 1))
    np.add.at(held, groups, np.column_stack([labels, np.ones(len(labels), dtype=np.int64)]))
    wanted = np.outer(shares, held.sum(axis=0))  # (p, L + 1), rows in the last column
    part_of = np.full(len(sizes), -1)
    filled = np.zeros(len(wanted), dtype=bool)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    while len(order):
        left = held[order].sum(axis=0)[:-1]
        rarest = int(np.where(left > 0, left, np.inf).argmin()) if left.any() else -1
        chosen = order[held[order, rarest] > 0]
        for place, group in enumerate(chosen[np.argsort(-held[chosen, rarest], kind="stable")]):
            short = len(order) - place <= np.count_nonzero(~filled)
            part = int(filled.argmin()) if short else _most(wanted, rarest)
            part_of[group] = part
            filled[part] = True
            wanted[part] -= held[group]
        order = order[part_of[order] < 0]
    return [np.flatnonzero(part_of[groups] == part) for part in range(len(wanted))]


def _most(wanted: Numbers, label: int) -> int:
    """The part that wants a label most; of several, the one that wants rows most."""
    most = np.flatnonzero(wanted[:, label] >= wanted[:, label].max() - 1e-9)
    return int(most[wanted[most, -1].argmax()])
