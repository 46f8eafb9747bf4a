"""Weights for a wish: a reference point of losses, or bounds of other columns.

The weights of a reference point u* are w_i ∝ 1/u*_i: then the Chebyshev scalarization is the
achievement max_i u_i / u*_i of Wierzbicki (*The use of reference objectives in multiobjective
optimization*, 1980), whose minimiser lies on the ray through u*, better than the wish in every
objective or, where the wish is out of reach, worse in each by the same factor.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.planning.column_model import Array, ColumnModel
from paretocli.planning.parents import SMALLEST
from paretocli.planning.preferences import lattice_size, simplex_lattice

CANDIDATES = 2000  # weights of which the best are taken
MET = 1e-3  # by which a bound may be missed, in units of its column
LEAST_STEP = 1.5  # of the odds of sparsity, beyond the sparsest point
NEAR = {2: 16, 3: 6, 4: 3}  # steps of a grid around the best weights, by the number of objectives
FINEST = 1e-5  # the width of the last grid


@dataclass(frozen=True, eq=False)
class Aim:
    """Weights that are expected to meet a wish best.

    Attributes:
        weights: (m,), of sum 1.
        columns: (c,), where they are expected to land.
        missed: By how much the worst bound is missed there; zero or less where all are met.
    """

    weights: Array
    columns: Array
    missed: float


def weights_for(reference: npt.ArrayLike, epsilon: float = 0.0) -> Array:
    """The weights (m,) whose Chebyshev solution lies on the ray through a reference point.

    With g_i = w_i (u_i + ε Σ_j u_j) all g_i are equal at the reference itself.

    Args:
        reference: Wanted normalised losses u* (m,), (f − ideal) / scale, all above 0.
        epsilon: ε of the modified scalarization, at least 0.

    Raises:
        InputError: A number is not above 0 or not finite, or ε is negative.
    """
    wanted = np.asarray(reference, dtype=np.float64)
    if wanted.ndim != 1 or len(wanted) < 2:
        raise InputError(
            f"A reference point should have a number for each of 2 objectives or more, found shape "
            f"{wanted.shape}."
        )
    if not (np.isfinite(wanted) & (wanted > 0)).all():
        raise InputError(
            "Wanted losses should be finite and above the ideal in every objective, found "
            f"{', '.join(f'{number:g}' for number in wanted)} above it; ask for less."
        )
    if not epsilon >= 0:
        raise InputError(f"ε of the Chebyshev scalarization should be at least 0, found {epsilon}.")
    inverse = 1 / (wanted + epsilon * wanted.sum())
    weights: Array = inverse / inverse.sum()
    return weights


def weights_for_bounds(model: ColumnModel, bounds: npt.ArrayLike) -> Aim:
    """The weights whose predicted columns meet bounds best.

    Where bounds cannot all be met, those that miss the worst one least; where they can, those with
    the smallest sum of the columns that are not bounded (or of all, if all are).

    Once such weights are solved, a model with their point is exact there: aiming again is a step of
    regula falsi, and steps are to be repeated until `missed` or the reached columns change little.

    Args:
        model: Of finished points; columns lower is better, each over its range.
        bounds: (c,), what each column should be at most; infinite where anything will do.

    Raises:
        InputError: There is no bound, or not one for each column.
    """
    most = np.asarray(bounds, dtype=np.float64)
    if most.shape != model.columns.shape[1:] or np.isnan(most).any():
        raise InputError(
            f"Bounds should be one for each of {model.columns.shape[1]} columns, infinite where "
            f"anything will do; found shape {most.shape}."
        )
    bounded = np.isfinite(most)
    if not bounded.any():
        raise InputError("At least one column should be bounded; say what is wished for.")
    tried = _candidates(model)
    columns = model.between(tried)
    missed = (columns - most)[:, bounded].max(axis=1)
    met = missed <= MET
    rest = np.where(met, columns[:, ~bounded if not bounded.all() else bounded].sum(axis=1), np.inf)
    best = (rest if met.any() else missed).argmin()
    return Aim(tried[best], columns[best], float(missed[best]))


def best_weights(
    model: ColumnModel, best_first: Callable[[Array], npt.NDArray[np.intp]]
) -> tuple[Array, Array]:
    """The weights (m,) whose predicted columns are best, and these columns (c,).

    The best of a grid over the known weights, and then of finer and finer ones around the best.

    Args:
        model: Of finished points.
        best_first: From columns (N, c), their places, the best first.
    """
    tried = _candidates(model)
    low, high = model.weights.min(axis=0), model.weights.max(axis=0)
    objectives = tried.shape[1]
    steps = simplex_lattice(objectives, NEAR[min(objectives, max(NEAR))]) - 1 / objectives
    steps = np.vstack([steps, -steps])
    width = 1 / max(1, len(tried) ** (1 / (objectives - 1)) / objectives)
    while True:
        columns = model.between(tried)
        place = best_first(columns)[0]
        best = tried[place]
        if width < FINEST:
            return best, columns[place]
        near = best + width * steps
        inside = ((near >= low) & (near <= high)).all(axis=1)
        tried = np.vstack([best, near[inside]])
        width /= 2


def sparser(known: Array, own: Array, times: float) -> Array:
    """Weights (m,) beyond those known (K, m), of which the first is sparsity's.

    Args:
        known: Of all points.
        own: Those (m,) by which the other objectives share what is left.
        times: By which the odds of sparsity grow: sizes fall about as 1/w_0.
    """
    largest = known[:, 0].max()
    odds = largest / max(1 - largest, SMALLEST) * times
    share = odds / (1 + odds)
    found: Array = np.concatenate([[share], own[1:] * (1 - share) / own[1:].sum()])
    return found


def _candidates(model: ColumnModel) -> Array:
    """Weights (N, m): those of the points, and a grid between them."""
    objectives, steps = model.weights.shape[1], 2
    while 0 < lattice_size(objectives, steps) * len(model.simplices) < CANDIDATES:
        steps += 1
    corners = model.weights[model.simplices]
    between = np.einsum("pi,sij->spj", simplex_lattice(objectives, steps), corners)
    return np.vstack([model.weights, between.reshape(-1, objectives)])
