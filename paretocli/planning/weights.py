"""The weights of a sweep's points, from the options that ask for them."""

from pathlib import Path

import numpy as np

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.lists import listed
from paretocli.options.given import Options
from paretocli.options.weights import LEANING, WEIGHT_OPTIONS, WISH_OPTIONS
from paretocli.planning import preferences
from paretocli.planning.asked_growth import first_points, points_around
from paretocli.planning.sets import weights_of_set
from paretocli.planning.spread_weights import spread_weights
from paretocli.solvers.registry import SOLVERS

GIVEN = ("weights", "weights_file")  # options that give weights one by one
FLOOR = 0.01
LATTICE_TOLERANCE = 0.2  # of the points asked for
FEW = 6  # objectives of which a lattice of a few dozen points has some between all of them


def weights_of_points(
    options: Options, objectives: tuple[str, ...], problem: Problem, solver: str, *, single: bool
) -> tuple[preferences.Weights, list[str]]:
    """The weights (K, m) of all points, which are the user's choice or the solver's; and notes.

    Args:
        options: What the user said, by option name.
        objectives: Names of the objectives.
        problem: Says how many points there are where nothing is said.
        solver: Its name.
        single: One point with equal weights where no weights are given, not a grid.

    Raises:
        InputError: Weights are wrong, or were asked for although the solver has its own.
    """
    own = SOLVERS[solver].weights
    if SOLVERS[solver].joins:
        rows = weights_of_set(options, objectives, solver, single=single)
        return rows, _zero_notes(rows, objectives)
    if own is None:
        points, corners = 1 if single else problem.defaults.points, SOLVERS[solver].corners
        return weights_of(options, objectives, points, corners=corners)
    refuse_preferences(options)
    rows = np.array(own(len(objectives), len(problem.tasks)))
    if single and len(rows) > 1:
        raise InputError(
            f"--solver {solver} makes {len(rows)} points, a network for each task, and train makes "
            "one; use paretocli sweep."
        )
    return rows, []


def weights_of(
    options: Options, objectives: tuple[str, ...], default_points: int, *, corners: bool
) -> tuple[preferences.Weights, list[str]]:
    """The weights (K, m) that were asked for; and notes.

    Those given one by one stay as they are. Those of a lattice are kept off zero.

    Args:
        options: What the user said, by option name.
        objectives: Names of the objectives.
        default_points: How many points where nothing is said.
        corners: Whether a lattice may have weights of 0.
    """
    fixed = preferences.parse_fixed(
        [str(entry) for entry in listed(options.get("fix"))], objectives
    )
    free = tuple(name for name in objectives if name not in fixed)
    placement = options.get("placement", "lattice")
    notes: list[str] = []
    if placement == "adaptive":
        rows = first_points(options, free, default_points)
    elif placement in LEANING:
        rows = points_around(options, free)
    else:
        rows, notes = _free_weights(options, free, default_points)
    given = any(key in options for key in GIVEN)
    if not (given or corners) and placement == "lattice":
        rows = preferences.floored(rows, _floor(rows))
    weights = preferences.with_fixed(rows, objectives, fixed)
    distinct = np.unique(weights.round(12), axis=0)
    if len(distinct) < len(weights):
        raise InputError(
            f"{len(weights) - len(distinct)} of the {len(weights)} weights are given twice; give "
            "each once."
        )
    if given or fixed:
        notes += _zero_notes(weights, objectives)
    return weights, notes


def refuse_preferences(options: Options) -> None:
    """Refuse weights for a solver whose points do not depend on them.

    Raises:
        InputError: Some were asked for.
    """
    given = [key for key in (*WEIGHT_OPTIONS, *WISH_OPTIONS, "fix", "lean") if key in options]
    if options.get("placement", "lattice") != "lattice":
        given.append("placement")
    if given:
        raise InputError(
            f"--{given[0].replace('_', '-')} asks for weights, and the solver {options['solver']} "
            "gives the same points whatever they are; leave it out."
        )


def _free_weights(
    options: Options, names: tuple[str, ...], default_points: int
) -> tuple[preferences.Weights, list[str]]:
    """Weights of the objectives that are not fixed, as they were asked for; and notes."""
    if "weights" in options:
        given = options["weights"]
        rows = list(given) if isinstance(given, list | tuple) else [given]
        return np.stack([preferences.parse_weights(str(row), names) for row in rows]), []
    if "weights_file" in options:
        return preferences.read_weights_file(Path(str(options["weights_file"])), names), []
    if "divisions" in options:
        divisions = int(str(options["divisions"]))
        if divisions < 1:
            raise InputError(f"--divisions should be at least 1, found {divisions}.")
        _refuse_huge(len(names), divisions)
        return preferences.simplex_lattice(len(names), divisions), []
    points = int(str(options.get("points", default_points)))
    if points > preferences.LARGEST_GRID:
        raise InputError(
            f"--points {points} asks for as many networks, and {preferences.LARGEST_GRID:,} are "
            f"the most; choose fewer{_around(len(names))}."
        )
    divisions = preferences.closest_divisions(len(names), points)
    size = preferences.lattice_size(len(names), divisions)
    if len(names) > 1 and abs(size - points) > LATTICE_TOLERANCE * points:
        spread = spread_weights(len(names), points)
        return preferences.floored(spread, min(FLOOR, 0.5 / len(names))), [
            f"No lattice for {len(names)} objectives has about {points} points; {points} weights "
            f"spread evenly take its place{_around(len(names))}."
        ]
    weights = preferences.simplex_lattice(len(names), divisions)
    if size == points or "points" not in options:
        return weights, []
    return weights, [
        f"No lattice for {len(names)} objectives has {points} points; the closest has {size} "
        f"({divisions} divisions)."
    ]


def _around(objectives: int) -> str:
    """What to do in place of a lattice of many objectives: the end of a sentence."""
    if objectives <= FEW:
        return ""
    return f"; --placement around has the middle and a point for each objective, {objectives + 1}"


def _refuse_huge(objectives: int, divisions: int) -> None:
    """Refuse a lattice of more points than anybody trains networks."""
    size, largest = preferences.lattice_size(objectives, divisions), preferences.LARGEST_GRID
    if size <= largest:
        return
    fewer = divisions
    while preferences.lattice_size(objectives, fewer) > largest:
        fewer -= 1
    raise InputError(
        f"--divisions {divisions} of {objectives} objectives makes {size:,} points, a network "
        f"each, and {largest:,} are the most; choose at most {fewer} divisions "
        f"({preferences.lattice_size(objectives, fewer):,} points){_around(objectives)}."
    )


def _zero_notes(weights: preferences.Weights, objectives: tuple[str, ...]) -> list[str]:
    """What a weight of 0 means, once for all points that have one."""
    names = [
        name for name, none in zip(objectives, (weights == 0).any(axis=0), strict=True) if none
    ]
    if not names:
        return []
    return [
        f"Some points have weight 0 for {' or '.join(names)}, which asks for nothing: they are at "
        "most weakly Pareto-optimal, for nothing keeps that objective small where it would be "
        "free. A small weight such as 0.01 does."
    ]


def _floor(weights: preferences.Weights) -> float:
    """1 %, or half of the smallest positive weight where that is less: grids stay distinct."""
    return float(min(FLOOR, weights[weights > 0].min() / 2, 0.5 / weights.shape[1]))
