"""The front of a sweep as its points predict it between them, and how far off that may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.front.columns import by_factors, split_of
from paretocli.front.predictions import predictions
from paretocli.front.results import Results
from paretocli.front.selection import front_of
from paretocli.planning.column_model import Array, ColumnModel
from paretocli.planning.gaps import outer
from paretocli.planning.growth import Growth, emptiest
from paretocli.planning.judged import SPLIT, of_interest
from paretocli.planning.landing import OFF, rays_of
from paretocli.planning.preferences import lattice_size, simplex_lattice
from paretocli.planning.sweep_model import SweepModel, model_of
from paretocli.run_directory.sweep_file import SweepFile

SHARE = 0.8  # of points that land within the error that is given
MOST_POINTS = 200  # more lie so close that nothing is to be told between them
STEPS = 16  # along an interval between two points
MOST_PLACES = 1500  # in all simplices together, where there are more objectives
RATES = ("sparsity_rate", "compression_rate")


@dataclass(frozen=True)
class ColumnError:
    """How far from its prediction a point lands in one column, in four of five cases.

    Attributes:
        size: |difference|; of a size the factor ≥ 1.
        is_factor: Whether it is one.
        points: From how many this is known.
    """

    size: float
    is_factor: bool
    points: int


@dataclass(frozen=True, eq=False)
class PredictedFront:
    """Where weights between the points of a front are expected to land.

    Attributes:
        columns: c names.
        is_curve: Whether pieces are lines between two neighbours; else they fill simplices.
        corners: (P, d) numbers of the points at the corners of each piece.
        values: (P, S, c), places of each piece, in order along a line; NaN where weights land on a
            point and not between.
        recorded: Errors by column, of predictions that were written down before points were solved.
        left_out: Errors by column, of points that were predicted from the others alone.
    """

    columns: tuple[str, ...]
    is_curve: bool
    corners: npt.NDArray[np.int64]
    values: Array
    recorded: Mapping[str, ColumnError]
    left_out: Mapping[str, ColumnError]


def predicted_front(sweep: SweepFile, results: Results) -> PredictedFront | None:
    """The front between the points in the region of interest; no line where it is not connected.

    None where there is nothing between them, or so many points that nothing needs to be told.

    Args:
        sweep: The sweep.
        results: Its table.
    """
    columns = _columns(results)
    model = model_of(sweep, results, columns) if columns else None
    if model is None or not len(model.model.simplices) or len(model.points) > MOST_POINTS:
        return None
    there = {results.point(row): bool(one) for row, one in enumerate(of_interest(sweep, results))}
    inside = np.array([there[point] for point in model.points])
    simplices = model.model.simplices
    shown = inside[simplices].all(axis=1) & ~_in_gaps(sweep, model)
    shares = _shares(simplices.shape[1], int(shown.sum()))
    if not shown.any() or shares is None:
        return None
    places = np.einsum("pi,sij->spj", shares, model.model.weights[simplices[shown]])
    flat = places.reshape(-1, places.shape[2])
    values = model.columns_at(flat)
    values[_on_points(model.model, flat)] = np.nan
    return PredictedFront(
        model.columns,
        simplices.shape[1] == 2,
        np.array(model.points)[simplices[shown]],
        values.reshape(*places.shape[:2], -1),
        _recorded(sweep, results),
        _left_out(model, inside),
    )


def _on_points(model: ColumnModel, weights: Array) -> npt.NDArray[np.bool_]:
    """Which weights (N, d) land on a point: between those that it has and those of its ray.

    So it is with two objectives, where points land on their rays or else the front has a gap.
    """
    found = np.zeros(len(weights), dtype=bool)
    if model.losses is None or model.weights.shape[1] != 2:
        return found
    ray, wanted = rays_of(model.losses)[:, 0], model.weights[:, 0]
    off = np.abs(ray - wanted) > OFF
    low, high = np.minimum(ray, wanted)[off], np.maximum(ray, wanted)[off]
    found |= ((weights[:, :1] >= low) & (weights[:, :1] <= high)).any(axis=1)
    return found


def _in_gaps(sweep: SweepFile, model: SweepModel) -> npt.NDArray[np.bool_]:
    """Which pieces (P,) lie where points were asked for and there are none."""
    middles = model.model.weights[model.model.simplices].mean(axis=1)
    found = np.zeros(len(middles), dtype=bool)
    for gap in emptiest(sweep, Growth(), 0, 0).disconnected:
        ends = model.own_weights([sweep.weights[point] for point in gap])
        found |= (middles @ np.linalg.pinv(ends)).min(axis=1) >= 0
    return found


def error_of(errors: Sequence[float], column: str) -> ColumnError | None:
    """The error that four of five points stay below, as far as so few tell; None for fewer than 4.

    Of n errors it is the k-th smallest, k = ⌈4/5 (n + 1)⌉: a point like them stays below it with a
    probability of at least 4/5 (split conformal prediction: Lei, G'Sell, Rinaldo, Tibshirani,
    Wasserman, Journal of the American Statistical Association 113, 2018).

    Args:
        errors: |differences|, of sizes the factors.
        column: Whose they are.
    """
    place = int(np.ceil(SHARE * (len(errors) + 1)))
    if place > len(errors):
        return None
    return ColumnError(float(sorted(errors)[place - 1]), by_factors(column), len(errors))


def _columns(results: Results) -> list[str]:
    """Losses, metrics and sizes that all points of the front have: what follows from weights."""
    front = front_of(results, SPLIT)[0]
    found = []
    for name in map(str, results.frame.select_dtypes("number").columns):
        if split_of(name) in ("val", "test") or by_factors(name) or name in RATES:
            values = results.values([name])[front, 0]
            known = np.isfinite(values).all() and (not by_factors(name) or (values > 0).all())
            if known and np.ptp(values) > 0:
                found.append(name)
    return found


def _shares(corners: int, pieces: int) -> Array | None:
    """Shares (S, d) of the corners of a piece; None where there are too many pieces."""
    if corners == 2:
        last = np.linspace(0, 1, STEPS + 1)
        return np.stack([1 - last, last], axis=1)
    steps = 1
    while lattice_size(corners, steps + 1) * pieces <= MOST_PLACES and steps < STEPS:
        steps += 1
    return simplex_lattice(corners, steps) if steps > 1 else None


def _recorded(sweep: SweepFile, results: Results) -> dict[str, ColumnError]:
    # Where points that were held to a size were expected, it was by another model.
    errors: dict[str, list[float]] = {}
    for one in predictions(sweep, results):
        if one.point in sweep.held:
            continue
        for column, error in one.errors.items():
            errors.setdefault(column, []).append(error)
    return _known(errors)


def _left_out(model: SweepModel, inside: npt.NDArray[np.bool_]) -> dict[str, ColumnError]:
    """Errors of points between others: at the end of a front there is nothing to interpolate."""
    rows = inside & ~outer(model.model)
    errors = np.abs(model.model.leave_one_out()[rows])
    errors = np.where(model.logarithmic, np.exp(model.logarithmic * errors), errors)
    return _known(dict(zip(model.columns, errors.T.tolist(), strict=True)))


def _known(errors: Mapping[str, Sequence[float]]) -> dict[str, ColumnError]:
    found = {column: error_of(numbers, column) for column, numbers in errors.items()}
    return {column: error for column, error in found.items() if error is not None}
