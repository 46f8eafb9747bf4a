"""Weights that a solved point answers already: a point for them could only become its double.

At the minimiser of a Chebyshev scalarization the terms w_i u_i that are largest bind, and the
others could change at no gain: their multipliers are zero. So a minimiser for some weights is one
for any others with the same ratios among what binds, as long as the rest stays below. Not so where
auxiliary losses are added, which count for more beside smaller weights.
"""

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.exchange import RESULTS_FILE
from paretocli.front.normal import WELL_KNOWN
from paretocli.planning.judged import losses_on_rays, own_results, where_weights_led
from paretocli.planning.preferences import Weights
from paretocli.run_directory.sweep_file import SweepFile

Array = npt.NDArray[np.float64]

TIGHT = 0.01  # relative: terms that are as close are equal
SLACK = 0.2  # relative: terms that are so far below the largest one do not bind, for certain


def answer(weights: Array, losses: Array, wanted: Array) -> int | None:
    """The solved point that answers weights, where no other one does so better.

    Args:
        weights: (K, m) of the points, above 0, of sum 1.
        losses: (K, m), normalised, u = (f − ideal) / scale ≥ 0, of what they minimised.
        wanted: (m,), above 0, of sum 1.
    """
    own, terms = weights * losses, wanted * losses
    largest = terms.max(axis=1)
    for place in largest.argsort(kind="stable").tolist():
        if largest[place] > largest.min() * (1 + TIGHT):
            break
        binds = own[place] >= (1 - SLACK) * own[place].max()
        ratios = wanted[binds] / weights[place][binds]
        same = ratios.max() <= (1 + TIGHT) * ratios.min()
        if same and terms[place][binds].max() >= largest[place] > 0:
            return int(place)
    return None


def refuse_answered(sweep: SweepFile, wanted: Weights) -> None:
    """Refuse points that would start from solved ones and could only become doubles of them.

    Where a sweep has no table yet, or its weights do not say where its points lie, nobody knows.
    Nor do points say it whose search could go on: one objective alone may bind for the moment.

    Args:
        sweep: What there is.
        wanted: (W, m), none of them weights of a point.

    Raises:
        InputError: One is answered already.
    """
    if sweep.config.get("auxiliary") or not (sweep.path / RESULTS_FILE).exists():
        return
    results = where_weights_led(sweep, own_results(sweep))
    if "stationarity" not in results.frame:
        return
    numbers = [results.point(row) for row in range(len(results.frame))]
    at_rest = results.values(["stationarity"])[:, 0] <= WELL_KNOWN
    rows = np.flatnonzero(at_rest)
    losses = losses_on_rays(sweep, results, rows) if len(rows) else None
    if losses is None:
        return
    known = np.array([sweep.weights[numbers[row]] for row in rows])
    for row in wanted:
        place = answer(known, losses, row)
        if place is not None:
            shown = ",".join(f"{weight:.4g}" for weight in row)
            raise InputError(
                f"The weights {shown} need no point: of what binds at point "
                f"{numbers[rows[place]]} they have the same ratios, so it is their answer as "
                "well; ask for others, or for one from scratch with --warm none."
            )
