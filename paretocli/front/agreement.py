"""Whether what was measured at the points beside a point agrees with its multipliers."""

from collections.abc import Sequence

import numpy as np

from paretocli.core.names import SPARSITY
from paretocli.front.normal import WELL_KNOWN, NoRatesError, Normal, Numbers, beyond

LARGEST_FACTOR = 3.0
"""Between what the multipliers say of a step that was measured and the step itself.

A front that bends makes some of it: a chord is not a tangent.
"""


def needs_agreement(normal: Normal, objectives: Sequence[str]) -> bool:
    """Whether a normal is believed only where what was measured agrees with it.

    That is where its certificate is rough, and with sparsity: zero rows are fixed in the end, and
    multipliers are those of networks with these rows, which points beside it do not have.
    """
    return normal.stationarity > WELL_KNOWN or SPARSITY in objectives


def refuse_contradicted(normal: Normal, changes: dict[int, dict[int, Numbers]]) -> None:
    """Refuse a normal that a measured step contradicts, or that no step confirms.

    Args:
        normal: The front's normal at a point.
        changes: For the number of each point beside it, by the objective that is better there, what
            changes in the training losses (m,).

    Raises:
        NoRatesError: It is contradicted, or there is no such point.
    """
    if not changes:
        raise NoRatesError(
            f"its stationarity is {normal.stationarity:.2g}, and no point beside it on the front "
            "says whether its multipliers are right"
        )
    for point, steps in changes.items():
        factor = max(disagreement(normal.values, step, a) for a, step in steps.items())
        if not factor <= LARGEST_FACTOR:
            size = f"by a factor of {beyond(factor, LARGEST_FACTOR)}"
            raise NoRatesError(
                f"what was measured at point {point} does not agree with its multipliers, "
                f"{size if np.isfinite(factor) else 'not even in sign'}"
            )


def disagreement(values: Numbers, change: Numbers, objective: int) -> float:
    """By what factor a measured step is off the plane with a normal.

    On the plane the gain −n_a Δf_a is the cost Σ_{j≠a} n_j Δf_j.

    Args:
        values: n (m,), not negative.
        change: Δf (m,).
        objective: a.

    Returns:
        The larger of both over the other, at least 1; infinite where their signs differ or a loss
        is missing.
    """
    gain = -values[objective] * change[objective]
    cost = float(values @ change + gain)
    if not gain * cost > 0:
        return float("inf")
    return float(max(gain / cost, cost / gain))
