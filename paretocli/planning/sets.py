"""The weights of a set of networks that serve each task by the best of them: those of one point."""

from collections.abc import Sequence

import numpy as np

from paretocli.errors import InputError
from paretocli.lists import listed
from paretocli.options.given import Options
from paretocli.options.weights import WEIGHT_OPTIONS
from paretocli.planning import preferences

NETWORKS = 4  # where nothing is said, or as many as there are tasks
TAKEN = ("points", "weights", "fix")


def weights_of_set(
    options: Options, objectives: Sequence[str], solver: str, *, single: bool
) -> preferences.Weights:
    """The weights (K, m) of a set's networks, all rows the same, equal where none are given.

    Args:
        options: What the user said, by option name.
        objectives: Names of the objectives, all of them tasks.
        solver: Its name.
        single: Whether there is to be one point alone.

    Raises:
        InputError: One network is no set, there are more of them than tasks, or weights were asked
            for in a way that gives each its own.
    """
    if single:
        raise InputError(
            f"--solver {solver} trains several networks as one set, and train makes one point; use "
            "paretocli sweep, or --solver stch."
        )
    said = [name for name in (*WEIGHT_OPTIONS, "placement") if name in options]
    own = [name for name in said if name not in TAKEN and options[name] != "lattice"]
    if own:
        raise InputError(
            f"--{own[0].replace('_', '-')} gives points weights of their own, and those of "
            f"--solver {solver} share the same; give --points with the number of networks, and "
            "--weights once where tasks are not to count alike."
        )
    count = int(str(options.get("points", min(NETWORKS, len(objectives)))))
    if not 2 <= count <= len(objectives):
        raise InputError(
            f"--solver {solver} serves {len(objectives)} tasks by the best of a few networks, from "
            f"2 to as many as there are tasks, found {count}; give another number with --points."
        )
    return np.repeat(_row(options, objectives)[None], count, axis=0)


def _row(options: Options, objectives: Sequence[str]) -> preferences.Weights:
    fixed = preferences.parse_fixed(
        [str(entry) for entry in listed(options.get("fix"))], objectives
    )
    free = [name for name in objectives if name not in fixed]
    given = [str(row) for row in listed(options.get("weights"))]
    if len(given) > 1:
        raise InputError(
            f"--weights is given {len(given)} times, and all networks of a set share the same "
            "weights; give it once, and --points with their number."
        )
    row = preferences.parse_weights(given[0], free) if given else np.full(len(free), 1 / len(free))
    found: preferences.Weights = preferences.with_fixed(row[None], objectives, fixed)[0]
    return found
