"""A sweep whose points lean to clusters of tasks, which are found at its middle point."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from paretocli.core.names import SPARSITY
from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.options.config import SweepConfig
from paretocli.planning.leaning import Groups, clusters_of, leaning_weights
from paretocli.planning.preferences import Weights, parse_fixed, with_fixed
from paretocli.planning.rounds import Further, added_round, solved_points
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round
from paretocli.run_directory.sweep_file import SweepFile

FEWEST_TASKS = 3  # of which two clusters are not one for each

Similarities = Callable[[int], Weights]
"""How much the tasks are alike (t, t) at a point of some number."""


@dataclass(frozen=True)
class Clusters:
    """What is to follow the middle point.

    Attributes:
        points: How many there are to be in all, the middle one too.
        lean: How many times the weight of others a cluster has.
        fix: Objectives whose weight is given, as of `--fix`; no point leans to them.
    """

    points: int
    lean: float
    fix: tuple[str, ...] = ()

    def most(self, config: SweepConfig) -> int:
        """How many points there are to be at most, whatever the sweep."""
        return self.points

    def side_by_side(self, begun: int) -> int:
        """How many points can train together at most, of a sweep that begins with some."""
        return max(begun, self.points - 1)


def clusters_asked(
    points: object, default: int, lean: float, fix: tuple[str, ...], objectives: Sequence[str]
) -> Clusters:
    """What was asked for.

    Args:
        points: How many, None where nobody says.
        default: How many then, at most.
        lean: How many times the weight of others a cluster has.
        fix: As of `--fix`.
        objectives: Names of all objectives.

    Raises:
        InputError: The points leave not two clusters, or one for each task or more.
    """
    fixed = parse_fixed(fix, objectives)
    free = [name for name in objectives if name not in fixed]
    tasks = [name for name in free if name != SPARSITY]
    sparse = len(free) - len(tasks)
    own = "the middle and one that leans to sparsity" if sparse else "the middle"
    if len(tasks) < FEWEST_TASKS:
        raise InputError(
            f"--placement clusters makes groups of {FEWEST_TASKS} tasks or more, and there "
            f"{'is' if len(tasks) == 1 else 'are'} {len(tasks)} whose weights are free; use "
            "--placement around."
        )
    fewest, most = 3 + sparse, len(tasks) + sparse
    count = min(max(default, fewest), most) if points is None else int(str(points))
    if not fewest <= count <= most:
        raise InputError(
            f"--placement clusters makes a point for {own}, and one for each of 2 to "
            f"{len(tasks) - 1} clusters of {len(tasks)} tasks, and --points {count} is not from "
            f"{fewest} to {most}; choose such a number, or --placement around, which has a point "
            "for each objective."
        )
    return Clusters(count, lean, fix)


def clustered(
    config: SweepConfig, asked: Clusters, similarities: Similarities, note: Callable[[str], None]
) -> Further:
    """One round of points that lean to clusters of tasks, once the middle point is solved.

    Args:
        config: The sweep's configuration, whose only point of its own is the middle one.
        asked: What is to follow.
        similarities: Is asked at the middle point.
        note: Is told which tasks are in which cluster.
    """

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        if len(sweep.own) > 1:
            if len(sweep.own) < asked.points:
                note(
                    f"{len(sweep.own)} points are there, and clusters are found once, at the "
                    "middle point alone; no more are added. refine adds points."
                )
            return None
        if not solved_points(records):
            return None
        weights, words = _weights(config, asked, similarities(solved_points(records)[0]))
        note(words)
        return added_round(config, sweep, records, [tuple(row) for row in weights.tolist()])

    return further


def _weights(config: SweepConfig, asked: Clusters, alike: Weights) -> tuple[Weights, str]:
    """The weights (g, m) of the points that follow, and which tasks they lean to."""
    objectives = config.objectives
    fixed = parse_fixed(asked.fix, objectives)
    free = [name for name in objectives if name not in fixed]
    tasks = [name for name in objectives if name != SPARSITY]
    places = [place for place, name in enumerate(tasks) if name in free]
    sparse = int(SPARSITY in free)  # which comes first, and is no task that could be like another
    count = asked.points - 1 - sparse
    found = clusters_of(alike[np.ix_(places, places)], count)
    groups: Groups = tuple(tuple(place + sparse for place in group) for group in found)
    if sparse:
        groups = ((0,), *groups)
    middle = np.full(len(free), 1 / len(free))
    rows = with_fixed(leaning_weights(middle, groups, asked.lean), objectives, fixed)
    named = [some_of([free[place] for place in group], len(free)) for group in groups]
    return rows, f"Further points lean to {'; '.join(named)}."
