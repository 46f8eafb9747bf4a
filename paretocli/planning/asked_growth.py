"""Placements that are no lattice, from the options that ask for them: how a sweep grows."""

from collections.abc import Sequence

import numpy as np

from paretocli.core.names import SPARSITY
from paretocli.errors import InputError
from paretocli.lists import columns_in, listed
from paretocli.options.declared import check_ranges
from paretocli.options.given import Options
from paretocli.options.weights import (
    GROWTH_OPTIONS,
    LEAN,
    LEANING,
    WEIGHT_OPTIONS,
    WISH_OPTIONS,
)
from paretocli.planning import preferences
from paretocli.planning.clusters import Clusters, clusters_asked
from paretocli.planning.growth import Growth
from paretocli.planning.leaning import weights_around
from paretocli.planning.placement import initial_sparse_weights, initial_weights


def growth_of(
    options: Options, objectives: Sequence[str], default_points: int
) -> Growth | Clusters | None:
    """How a sweep grows, None where it does not.

    Args:
        options: What the user said, by option name.
        objectives: Names of the objectives.
        default_points: How many points where nothing is said.

    Raises:
        InputError: Something is said of how it grows, and it does not.
    """
    ranged = ("placement", "budget", "lean")
    check_ranges({name: options[name] for name in ranged if name in options})
    if "lean" in options and options.get("placement") not in LEANING:
        raise InputError(
            "--lean says how far points lean from the middle; give --placement around or clusters "
            "too, or leave it out."
        )
    if options.get("placement") == "adaptive":
        return Growth(
            columns_in(options["columns"]) if "columns" in options else (),
            tuple(str(text) for text in listed(options.get("where"))),
            int(str(options.get("points", default_points))),
            int(str(options.get("budget", 0))),
        )
    if said := [name for name in GROWTH_OPTIONS if name in options]:
        raise InputError(
            f"--{said[0]} says where points are to be added; give --placement adaptive too, or "
            "leave it out."
        )
    if options.get("placement") == "clusters":
        fix = tuple(str(entry) for entry in listed(options.get("fix")))
        return clusters_asked(
            options.get("points"), default_points, _lean(options), fix, objectives
        )
    return None


def wishes_of(options: Options, *, sparse: bool) -> tuple[str, ...]:
    """Conditions on the exported network that were asked for.

    Args:
        options: What the user said, by option name.
        sparse: Whether sparsity is an objective.

    Raises:
        InputError: It is none, so that no weights make a network smaller.
    """
    said = [name for name in WISH_OPTIONS if name in options]
    check_ranges({name: options[name] for name in said})
    if said and not sparse:
        raise InputError(
            f"--{said[0].replace('_', '-')} needs sparsity as an objective, which this sweep does "
            "not have; leave it out."
        )
    return tuple(f"{name.replace('max_', 'compact_')} <= {options[name]}" for name in said)


def first_points(
    options: Options, names: tuple[str, ...], default_points: int
) -> preferences.Weights:
    """The weights (m + 1, m) that a growing sweep begins with.

    Args:
        options: What the user said, by option name.
        names: Of the objectives whose weights are free.
        default_points: How many points there are to be where nothing is said.

    Raises:
        InputError: Something else says where points are, or there are to be too few.
    """
    if said := [name for name in WEIGHT_OPTIONS if name in options and name != "points"]:
        raise InputError(
            f"--{said[0].replace('_', '-')} says where all points are, and --placement adaptive "
            "finds that out; give one of the two."
        )
    points = int(str(options.get("points", default_points)))
    if points < len(names) + 1:
        raise InputError(
            f"--placement adaptive begins with {len(names) + 1} points, one for each objective and "
            f"one in the middle, and there are to be {points}; ask for more with --points."
        )
    return (
        initial_sparse_weights(len(names)) if names[0] == SPARSITY else initial_weights(len(names))
    )


def points_around(options: Options, names: tuple[str, ...]) -> preferences.Weights:
    """The middle, and with `--placement around` what leans from it: weights (1, m) or (m + 1, m).

    Args:
        options: What the user said, by option name.
        names: Of the objectives whose weights are free.

    Raises:
        InputError: Something else says where points are, or how many.
    """
    placement = options["placement"]
    if said := [name for name in WEIGHT_OPTIONS if name in options and name != "points"]:
        raise InputError(
            f"--{said[0].replace('_', '-')} says where all points are, and so does --placement "
            f"{placement}; give one of the two."
        )
    if placement == "clusters":
        return np.full((1, len(names)), 1 / len(names))
    rows = weights_around(len(names), _lean(options))
    if (points := int(str(options.get("points", len(rows))))) != len(rows):
        raise InputError(
            f"--placement around has a point for each of {len(names)} objectives and one in the "
            f"middle, {len(rows)}, and there are to be {points}; leave out --points, or use "
            "--placement clusters for fewer, or lattice."
        )
    return rows


def _lean(options: Options) -> float:
    return float(str(options.get("lean", LEAN)))
