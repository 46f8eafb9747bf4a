"""The normal of the front at a solved point, from its multipliers: what trades for what.

At a point that solves its subproblem the gradients of the terms g_i, weighted by the multipliers
λ_i, cancel: Σ_i λ_i ∂g_i/∂f_j is the normal n_j of the front there, so that Σ_j n_j df_j = 0 along
the front. A unit less of f_a costs n_a / n_b of f_b, if all others stay as they are. This holds for
the losses that were trained, and is as good as the point's certificate.

Where auxiliary losses A_a are minimised with them, what cancels has Σ_a c_a ∇A_a in it too, and
Σ_j n_j df_j = −Σ_a c_a dA_a along the front. What dA is nobody knows: there is no rate then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.options.declared import why_idle
from paretocli.run_directory.box import read_normalisation
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import read_record
from paretocli.run_directory.sweep_file import SweepFile

Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LARGEST_GAP = 0.05
"""Relative gap up to which multipliers are taken to be those of the point."""

LARGEST_STATIONARITY = 0.55
"""Up to which they are, over √m of m objectives: gradients at right angles, which are no trade-off,
have a stationarity of 1/√m and more. A gap alone is 0 too where one objective has all of λ for the
moment.

Of the multipliers of the best epoch and their mean over epochs, those with the smaller one count:
where batches are noisy the former jump, where there is no noise the latter lag behind.
"""

WELL_KNOWN = 0.2
"""The stationarity from which on rates are said to be rough."""


class NoRatesError(Exception):
    """There are no exchange rates at a point; the message says why, without a full stop."""


@dataclass(frozen=True, eq=False)
class Normal:
    """The front's normal at a point.

    Attributes:
        values: n (m,), ∂ of the weighted terms by the objectives, in 1 / units of these.
        binds: Which objectives bind (m,): the others could be a little worse at no gain.
        stationarity: With the multipliers that it is from.
        averaged: Whether these are the mean over epochs.
    """

    values: Numbers
    binds: Mask
    stationarity: float = 0.0
    averaged: bool = False

    @property
    def factor(self) -> float:
        """How far a rate may be off, between two objectives.

        Where ‖a + b‖ ≤ s (‖a‖ + ‖b‖), ‖a‖ / ‖b‖ is at most (1 + s) / (1 − s).
        """
        return (1 + self.stationarity) / (1 - self.stationarity)

    @property
    def rates(self) -> Numbers:
        """What a unit less of f_a costs in f_b (m, m), in units of f_b per unit of f_a.

        NaN on the diagonal, and where one of the two does not bind.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            rates: Numbers = self.values[:, np.newaxis] / self.values
        rates[~(self.binds[:, np.newaxis] & self.binds)] = np.nan
        np.fill_diagonal(rates, np.nan)
        return rates


def front_normal(
    multipliers: npt.ArrayLike, weights: npt.ArrayLike, scale: npt.ArrayLike, epsilon: float
) -> Normal:
    """The front's normal where multipliers certify a point.

        n_j = (λ_j w_j + ε Σ_i λ_i w_i) / s_j

    An objective binds where its own part is more than the one that ε gives to each.

    Args:
        multipliers: λ (m,), on the simplex.
        weights: w (m,), on the simplex.
        scale: s (m,), positive, in units of the objectives.
        epsilon: ε ≥ 0.

    Source: `paretocli.solvers.chebyshev.Scalarization.jacobian`; Haimes and Chankong, *Kuhn-Tucker
    multipliers as trade-offs in multiobjective decision-making analysis*, Automatica 15 (1979).
    """
    own = np.asarray(multipliers, dtype=np.float64) * np.asarray(weights, dtype=np.float64)
    shared = epsilon * own.sum()
    return Normal((own + shared) / np.asarray(scale, dtype=np.float64), own > shared)


def normal_at(sweep: SweepFile, point: int) -> Normal:
    """The front's normal at a point of a sweep, from its record.

    Raises:
        NoRatesError: There is none: no record, no multipliers, or a certificate that is missing or
            bad, fewer than two objectives bind, or auxiliary losses were trained on.
    """
    if auxiliary := sweep.config.get("auxiliary"):
        raise NoRatesError(
            f"its points minimise auxiliary losses as well ({', '.join(map(str, auxiliary))}), "
            "which the multipliers do not tell from what the objectives trade among themselves"
        )
    try:
        record = read_record(sweep, point) if 0 <= point < sweep.points else None
        note = read_normalisation(sweep)
    except (DamagedError, InputError) as error:
        raise NoRatesError(str(error).rstrip(".")) from None
    if record is None or record["status"] != "done":
        raise NoRatesError("there is no record of it")
    multipliers, stationarity, averaged = _certified(
        record, str(sweep.config.get("solver", "of this sweep"))
    )
    epsilon = sweep.config.get("epsilon")
    if note is None or "scale" not in note or not isinstance(epsilon, int | float):
        raise NoRatesError("the directory does not say how its objectives were scaled")
    weights = list(record["weights"])
    # Of points that were retrained for the tasks alone it is these that trade.
    if sweep.config.get("relaxed") and not why_idle("relaxed", sweep.config):
        weights[0] = 0.0
    normal = front_normal(multipliers, weights, note["scale"], epsilon)
    if normal.binds.sum() < 2:
        loose = np.array(sweep.config["objectives"])[~normal.binds].tolist()
        verb = "do" if len(loose) > 1 else "does"
        raise NoRatesError(
            f"{', '.join(loose)} {verb} not bind here, and a rate needs two objectives that do"
        )
    return replace(normal, stationarity=stationarity, averaged=averaged)


def _certified(record: PointRecord, solver: str) -> tuple[Sequence[float], float, bool]:
    """The multipliers (m,) of a record whose certificate is good.

    With the stationarity, and whether they are the mean over epochs.

    Raises:
        NoRatesError: It has none, or the certificate is missing or bad.
    """
    if record.get("multipliers") is None:
        raise NoRatesError(f"the solver {solver} has no multipliers")
    multipliers = _complete(record, "multipliers")
    if multipliers is None:
        raise NoRatesError("a multiplier is missing")
    stationarity, averaged = record.get("stationarity"), False
    # Records of 0.2.0 lack the mean.
    mean, of_mean = _complete(record, "mean_multipliers"), record.get("mean_stationarity")
    if mean and of_mean is not None and stationarity is not None and of_mean < stationarity:
        multipliers, stationarity, averaged = mean, of_mean, True
    for value, bound, name in (
        (record.get("relative_gap"), LARGEST_GAP, "relative gap"),
        (stationarity, LARGEST_STATIONARITY / len(multipliers) ** 0.5, "stationarity"),
    ):
        if value is None:
            raise NoRatesError(f"its certificate is missing (no {name})")
        if not value <= bound:
            raise NoRatesError(
                f"its {name} is {beyond(value, bound)}, so that its multipliers say nothing"
            )
    assert stationarity is not None
    return multipliers, stationarity, averaged


def _complete(
    record: PointRecord, name: Literal["multipliers", "mean_multipliers"]
) -> list[float] | None:
    """The multipliers (m,) of a record by that name, None where one is missing."""
    values = [value for value in record.get(name) or () if value is not None]
    return values if len(values) == len(record["weights"]) else None


def beyond(value: float, bound: float) -> str:
    """As in "0.31, above 0.2", with as many digits as tell the two apart."""
    for digits in range(2, 17):
        shown, limit = f"{value:.{digits}g}", f"{bound:.{digits}g}"
        if shown != limit:
            break
    return f"{shown}, above {limit}"
