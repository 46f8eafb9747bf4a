"""Preferences: grids of weights on the simplex.

A weights vector has one non-negative entry an objective and sums to 1. Everything here is
numpy alone.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError

Weights = npt.NDArray[np.float64]

LARGEST_GRID = 100_000
ALIKE = 1e-6  # weights that differ by no more, of each objective, are those of one point
ROUNDING = 1e-9  # weights whose sum is as close to 1 stay what they are, to the last digit


def simplex_lattice(objectives: int, divisions: int) -> Weights:
    """All weights whose entries are multiples of 1/divisions.

    Das and Dennis, *Normal-Boundary Intersection*, SIAM J. Optim. 8 (1998), section 4.

    Args:
        objectives: Number of objectives m ≥ 1.
        divisions: Number of steps H from one corner to another; 0 gives the barycentre alone.

    Returns:
        Weights (C(H + m − 1, m − 1), m), the first objective's weight rising.
    """
    if objectives < 1 or divisions < 0:
        raise InputError(
            f"A lattice needs at least 1 objective and 0 divisions, found {objectives} and "
            f"{divisions}; choose larger numbers."
        )
    if divisions == 0:
        return np.full((1, objectives), 1.0 / objectives)
    if lattice_size(objectives, divisions) > LARGEST_GRID:
        raise InputError(
            f"{divisions} divisions of {objectives} objectives make "
            f"{lattice_size(objectives, divisions)} points, more than {LARGEST_GRID}; "
            "choose fewer divisions."
        )
    # Stars and bars: m − 1 bars among H + m − 1 places leave m gaps that sum to H.
    places = divisions + objectives - 1
    bars = np.array(list(combinations(range(places), objectives - 1)), dtype=np.int64)
    bars = bars.reshape(lattice_size(objectives, divisions), objectives - 1)
    edges = np.pad(bars, ((0, 0), (1, 1)), constant_values=((0, 0), (-1, places)))
    return (np.diff(edges, axis=1) - 1) / divisions


def lattice_size(objectives: int, divisions: int) -> int:
    """Number of points of the lattice: C(H + m − 1, m − 1)."""
    return comb(divisions + objectives - 1, objectives - 1)


def closest_divisions(objectives: int, points: int) -> int:
    """The divisions whose lattice size is closest to `points`, the larger one of two equals."""
    if points < 1:
        raise InputError(f"The number of points should be at least 1, found {points}.")
    if points > LARGEST_GRID:
        raise InputError(f"The number of points should be at most {LARGEST_GRID}, found {points}.")
    if points == 1 or objectives == 1:
        return 0
    above = 1
    while lattice_size(objectives, above) < points:
        above += 1
    below = above - 1
    # A lattice without divisions is its barycentre: no answer to a wish for several points.
    if below >= 1 and points - lattice_size(objectives, below) < (
        lattice_size(objectives, above) - points
    ):
        return below
    return above


def floored(weights: Weights, floor: float) -> Weights:
    """Lift entries below `floor` to it and make each row sum to 1 again.

    A weight of exactly zero drops its objective from the scalarization, and the solution may be
    only weakly Pareto-optimal. That is for whoever gives weights to choose; a lattice avoids it.

    Args:
        weights: Weights (…, m).
        floor: Smallest weight before the rows are normalised, 0 ≤ floor < 1/m.
    """
    if not 0 <= floor < 1 / weights.shape[-1]:
        raise InputError(
            f"The floor of the weights should be at least 0 and below 1/{weights.shape[-1]}, "
            f"found {floor}."
        )
    lifted = np.maximum(weights, floor)
    normalised: Weights = lifted / lifted.sum(axis=-1, keepdims=True)
    return normalised


def point_with(known: Weights, weights: Weights) -> int | None:
    """The place of weights (m,) among those known (K, m), None where they are not there."""
    places = np.flatnonzero(np.abs(known - weights).max(axis=1) <= ALIKE)
    return int(places[0]) if len(places) else None


def log_ratios(weights: Weights, smallest: float) -> Weights:
    """The logarithms (K, m) of weights (K, m) over their geometric mean.

    Args:
        weights: Rows of sum 1.
        smallest: Weights below count as this much, 0 too.
    """
    logarithms = np.log(np.maximum(weights, smallest))
    centred: Weights = logarithms - logarithms.mean(axis=1, keepdims=True)
    return centred


def checked(weights: Sequence[float], objectives: Sequence[str], origin: str) -> Weights:
    """One weights vector (m,), checked and, unless it sums to 1, divided by its sum.

    Args:
        weights: One number an objective.
        objectives: Names of the objectives, for the messages.
        origin: Where the weights come from, for the messages ("--weights 0.2,0.8").

    Raises:
        InputError: The length is wrong, an entry is negative or not finite, or all are zero.
    """
    names = ", ".join(objectives)
    vector = np.asarray(weights, dtype=np.float64)
    if len(vector) != len(objectives):
        raise InputError(
            f"{origin} has {len(vector)} number{'s' if len(vector) > 1 else ''}, but there are "
            f"{len(objectives)} objectives ({names}); give one number for each."
        )
    if not np.isfinite(vector).all():
        raise InputError(f"{origin} holds a number that is not finite; give finite weights.")
    if (vector < 0).any():
        raise InputError(f"{origin} holds a negative number; weights should be zero or more.")
    if vector.sum() == 0:
        raise InputError(f"{origin} holds zeros alone; at least one weight should be positive.")
    if abs(vector.sum() - 1) <= ROUNDING:
        return vector
    # First by the largest: the sum of huge numbers would be infinite.
    vector = vector / vector.max()
    normalised: Weights = vector / vector.sum()
    return normalised


def parse_weights(text: str, objectives: Sequence[str], option: str = "--weights") -> Weights:
    """Read one weights vector (m,) from text such as "0.2,0.8"."""
    origin = f"{option} {text}"
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            f"{origin} is not a list of numbers; write one number an objective, separated by "
            "commas, for example 0.2,0.8."
        ) from None
    return checked(numbers, objectives, origin)


def parse_fixed(entries: Sequence[str], objectives: Sequence[str]) -> dict[str, float]:
    """Read fixed weights from texts such as "sparsity=0.01".

    Raises:
        InputError: A text is no such pair, names no objective or one twice, all objectives are
            fixed, or the numbers leave nothing for the others.
    """
    fixed: dict[str, float] = {}
    for entry in entries:
        name, _, text = (part.strip() for part in entry.partition("="))
        try:
            weight = float(text)
        except ValueError:
            weight = math.nan
        if not 0 <= weight < 1:
            raise InputError(
                f"--fix {entry} should be an objective and a number from 0 to below 1, as in "
                f"--fix {objectives[0]}=0.01."
            )
        if name not in objectives:
            raise InputError(
                f"--fix {entry} names no objective; the objectives are {', '.join(objectives)}."
            )
        if name in fixed:
            raise InputError(f"--fix names {name} twice; name each objective once.")
        fixed[name] = weight
    if len(fixed) == len(objectives):
        raise InputError("--fix names all objectives; leave at least one for the others' weight.")
    if sum(fixed.values()) >= 1:
        raise InputError(
            f"The weights of --fix sum to {sum(fixed.values()):g}; they should leave something of "
            "1 for the other objectives."
        )
    return fixed


def with_fixed(weights: Weights, objectives: Sequence[str], fixed: Mapping[str, float]) -> Weights:
    """Put fixed weights into rows, and scale the others to fill what they leave.

    Args:
        weights: Weights (K, m − f) of the objectives that are not fixed, rows of sum 1.
        objectives: Names of all m objectives.
        fixed: Weights of f of them, by name.

    Returns:
        Weights (K, m), rows of sum 1.
    """
    free = [i for i, name in enumerate(objectives) if name not in fixed]
    whole = np.empty((len(weights), len(objectives)))
    whole[:, free] = weights * (1 - sum(fixed.values()))
    for i, name in enumerate(objectives):
        if name in fixed:
            whole[:, i] = fixed[name]
    return whole


def read_weights_file(path: Path, objectives: Sequence[str]) -> Weights:
    """Read weights (K, m) from a CSV with one row a point and a column named after each objective.

    Columns may stand in any order. Every message names the file and the line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            rows = [(reader.line_num, row) for row in reader]
            columns = [name.strip() for name in reader.fieldnames or ()]
    except FileNotFoundError:
        raise InputError(f"The weights file {path} does not exist; check the path.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"The weights file {path} cannot be read ({error}); a CSV with a column for each "
            "objective was expected."
        ) from None
    if sorted(columns) != sorted(objectives):
        raise InputError(
            f"The weights file {path} has the columns {', '.join(columns) or '(none)'}; it should "
            f"have one for each objective: {', '.join(objectives)}."
        )
    if not rows:
        raise InputError(f"The weights file {path} has no row; write one row a point.")
    found = []
    for line, row in rows:
        cells = {name.strip(): cell for name, cell in row.items() if name is not None}
        try:
            numbers = [float(cells[name] or "") for name in objectives]
        except ValueError:
            raise InputError(
                f"Line {line} of {path} holds a cell that is not a number; give one number for "
                f"each of {', '.join(objectives)}."
            ) from None
        if None in row:
            raise InputError(f"Line {line} of {path} has more cells than the header; mend it.")
        found.append(checked(numbers, objectives, f"Line {line} of {path}"))
    return np.stack(found)
