"""Centres that cover places best, some of them being there already."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ROUNDS = 30  # of moving centres at most, after each new one

LARGEST_CELL = 1000  # places of which all distances are measured; of more, as many


def cover(places: Array, fixed: Array, count: int, nothing: float) -> list[int]:
    """Choose centres among places so that the farthest place from any centre is close.

    Each new one goes to the farthest place (Gonzalez, *Clustering to minimize the maximum
    intercluster distance*, Theoretical Computer Science 38, 1985); then each is moved to where the
    farthest of the places that belong to it is closest, as Lloyd moves centres to means.

    Args:
        places: (P, c).
        fixed: Centres (F, c) that are there, F ≥ 1.
        count: How many to choose at most.
        nothing: A distance at which a place counts as covered.

    Returns:
        Numbers of the places that were chosen; fewer than `count` where all is covered.
    """
    centres: list[int] = []
    if not len(places):
        return centres
    to_fixed = nearest(places, fixed)
    for _ in range(count):
        distance = to_fixed
        if centres:
            distance = np.minimum(distance, nearest(places, places[centres]))
        if distance.max() <= nothing:
            break
        centres.append(int(distance.argmax()))
        for _ in range(ROUNDS):
            moved = _moved(places, to_fixed, centres)
            if moved == centres:
                break
            centres = moved
    return centres


def nearest(places: Array, centres: Array) -> Array:
    """The distance (P,) from each place (P, c) to the closest centre (F, c)."""
    found: Array = _distances(places, centres).min(axis=1)
    return found


def _moved(places: Array, to_fixed: Array, centres: list[int]) -> list[int]:
    distances = _distances(places, places[centres])
    owner = np.where(distances.min(axis=1) < to_fixed, distances.argmin(axis=1), -1)
    moved = []
    for j, centre in enumerate(centres):
        cell = np.flatnonzero(owner == j)
        cell = cell[:: 1 + len(cell) // LARGEST_CELL]
        radius = _distances(places[cell], places[cell]).max(axis=1) if len(cell) else ()
        moved.append(int(cell[np.argmin(radius)]) if len(cell) else centre)
    return moved


def _distances(places: Array, others: Array) -> Array:
    from scipy.spatial.distance import cdist  # noqa: PLC0415 - slow to import

    found: Array = cdist(places, others)
    return found


def divided(lengths: Array, count: int) -> Integers:
    """How many of `count` points (G,) go to each of G stretches, so that the longest part is short.

    Each next one goes to the stretch whose parts are longest: for stretches cut into equal parts no
    division is better.
    """
    points = np.zeros(len(lengths), dtype=np.int64)
    for _ in range(count if len(lengths) else 0):
        points[(lengths / (points + 1)).argmax()] += 1
    return points
