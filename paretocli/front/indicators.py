"""Numbers that say how good a front is."""

import math

import moocore
import numpy as np
import numpy.typing as npt

# Points of a front, by the number of objectives, whose exact hypervolume takes a few hundredths of
# a second; beyond, the time doubles with every few points more. With up to four it grows slowly.
MOST_EXACT = {5: 1000, 6: 200, 7: 80, 8: 40}
ALWAYS_EXACT = 4
APPROXIMATED = (
    "Exact hypervolumes of so many points in so many objectives take too long; they are "
    "approximated, to about 1 %."
)
NONE_BELOW = "no point is better than the reference point in every objective"
ROUNDING = 1e-5  # of the box, in single precision
DIRECTIONS = 2**15  # that the approximation looks into


def is_exact(points: int, objectives: int) -> bool:
    """Whether the hypervolume of so many points is exact, and not an approximation."""
    return objectives <= ALWAYS_EXACT or points <= MOST_EXACT.get(objectives, 0)


def reach(values: npt.ArrayLike, reference_point: npt.ArrayLike) -> bool:
    """Whether any of the points (N, m) is finite and below the reference point (m,) everywhere."""
    table = np.asarray(values, dtype=np.float64)
    return bool((np.isfinite(table) & (table < np.asarray(reference_point))).all(axis=1).any())


def hypervolume(
    values: npt.ArrayLike, reference_point: npt.ArrayLike, *, exact: bool | None = None
) -> float:
    """Measure the part of the objective space that the points dominate.

    The volume is bounded by `reference_point`, and means nothing without it: it has no default,
    and numbers with different reference points, splits or units must not be compared. All
    objectives are minimised. Points that are not below the reference point everywhere add nothing.

    Args:
        values: (N, m) objectives, one row a point; N may be 0.
        reference_point: (m,), worse than the points of interest, in the same units.
        exact: Whether it must be exact, however long that takes, or must not be; by default, as
            `is_exact` says for N points. Say it where fronts of several sizes are compared.

    Returns:
        The volume, in the product of the objectives' units: exact, or an approximation that is the
        same each time (about 1 % off).

    Raises:
        ValueError: the shapes do not fit, or a number is NaN or (in the reference point) infinite.

    Source: Zitzler, Thiele, *Multiobjective optimization using evolutionary algorithms*, PPSN 1998;
    computed by moocore.
    """
    table = np.asarray(values, dtype=np.float64)
    reference = np.asarray(reference_point, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ValueError(f"Parameter `values` should have shape (N, m). Found {table.shape}.")
    if reference.shape != table.shape[1:]:
        raise ValueError(
            f"Parameter `reference_point` should have shape ({table.shape[1]},), one number for "
            f"each objective. Found {reference.shape}."
        )
    if np.isnan(table).any() or not np.isfinite(reference).all():
        raise ValueError(
            "Parameters `values` and `reference_point` should hold numbers. Found NaN or infinity."
        )
    inside = table[(table < reference).all(axis=1)]
    if not len(inside):
        return 0.0
    if is_exact(*table.shape) if exact is None else exact:
        return float(moocore.hypervolume(inside, ref=reference))
    return float(moocore.hv_approx(inside, ref=reference, nsamples=DIRECTIONS))


def share_of_box(
    values: npt.ArrayLike,
    ideal: npt.ArrayLike,
    reference_point: npt.ArrayLike,
    *,
    exact: bool | None = None,
) -> float:
    """The hypervolume as a share, from 0 to 1, of the box from the ideal to the reference point.

    Points that are not finite add nothing. NaN where one is better than the ideal, by more than
    rounding: a share of the box says nothing of what lies outside of it.

    Args:
        values: (N, m) objectives, one row a point.
        ideal: (m,), below the reference point.
        reference_point: (m,).
        exact: As for `hypervolume`; by default, as `is_exact` says for N points.
    """
    low = np.asarray(ideal, dtype=np.float64)
    size = np.asarray(reference_point, dtype=np.float64) - low
    scaled = (np.asarray(values, dtype=np.float64) - low) / size
    finite = scaled[np.isfinite(scaled).all(axis=1)]
    if (finite < -ROUNDING).any():
        return math.nan
    exact = is_exact(*scaled.shape) if exact is None else exact
    return hypervolume(finite.clip(min=0), np.ones(len(low)), exact=exact)
