"""How far measurements can be trusted: what the two halves of the calls say of each other."""

from itertools import combinations

import numpy as np
import pandas as pd

from paretocli.run_directory.measurements import Measurements
from paretocli.timing.faster import ALIKE, times_faster

FEWEST = 3  # points, for an order of them to say something


def rank_correlation(found: Measurements, batch: str) -> float | None:
    """Spearman's rank correlation between the medians of the halves of the calls, over the points.

    1 where both halves bring the points into the same order. None for fewer than three points, or
    where a half cannot tell them apart.
    """
    halves = np.array([one["latency"][batch]["halves_ms"] for one in found["points"]])
    if len(halves) < FEWEST or (np.ptp(halves, axis=0) == 0).any():
        return None
    ranks = pd.DataFrame(halves).rank().to_numpy()
    return float(np.corrcoef(ranks.T)[0, 1])


def within_noise(found: Measurements, batch: str) -> list[tuple[int, int]]:
    """Pairs of points of which the halves do not agree which is faster, the fastest first."""
    timed = {one["point"]: one["latency"][batch] for one in found["points"]}
    order = sorted(timed, key=lambda point: (timed[point]["median_ms"], point))
    pairs = []
    for one, other in combinations(order, 2):
        a, b = timed[one], timed[other]
        _, word = times_faster(a["median_ms"], b["median_ms"], a["halves_ms"], b["halves_ms"])
        if word == ALIKE:
            pairs.append((one, other))
    return pairs
