"""Points of given sizes, each from a larger one: a path along which networks shrink."""

from collections.abc import Callable, Sequence
from numbers import Integral

import numpy as np

from paretocli.errors import InputError
from paretocli.front.results import Results, without_points
from paretocli.front.sizes import COMPACT
from paretocli.options.config import SweepConfig
from paretocli.planning.aiming import sparser
from paretocli.planning.judged import of_interest, own_results
from paretocli.planning.preferences import Weights
from paretocli.planning.rounds import Further, added_round
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.rounds import Round, SizeLimits
from paretocli.run_directory.sweep_file import SweepFile

PARAMETERS = COMPACT[0]
THERE = 0.75  # of a size: what is smaller is a point of another one


def refuse_sizes(config: SweepConfig, sizes: Sequence[int]) -> None:
    """Refuse sizes that no point of a sweep could be held to.

    Raises:
        InputError: One is none, or twice there, or no rows become zero in this sweep.
    """
    wrong = [size for size in sizes if not isinstance(size, Integral) or size < 1]
    if wrong:
        raise InputError(f"--sizes should be numbers of parameters, at least 1, found {wrong[0]}.")
    if len({*sizes}) < len(sizes):
        raise InputError("--sizes names a size twice; name each once.")
    if not config.sparsity or not config.retrain_epochs:
        missing = "--retrain-epochs 0" if config.sparsity else "--no-sparsity"
        raise InputError(
            f"--sizes makes rows of a network zero and retrains it, but this is a sweep with "
            f"{missing}; sweep with sparsity and retraining in another --out."
        )


def shrunk(
    config: SweepConfig, sizes: Sequence[int], asked: str, note: Callable[[str], None]
) -> Further:
    """A point for each size that no solved one has, from the largest down.

    Each has the tasks' mixture of the smallest network that is larger, and a weight of sparsity
    that is as much larger as it is to be smaller; what of it is above its size then goes. Points
    that have given up a task count for nothing.

    Args:
        config: The sweep's configuration.
        sizes: Parameters of exported networks.
        asked: What asked for them, by which earlier tries are known.
        note: Is told which sizes need no point, or can have none: where one could not become as
            small as asked for, smaller ones are not tried.
    """
    told: set[int] = set()

    def tell(size: int, words: str) -> None:
        if size not in told:
            told.add(size)
            note(words)

    def further(sweep: SweepFile, records: Sequence[PointRecord]) -> Round | None:
        try:
            results = without_points(own_results(sweep), sweep.kept)
            reached = _sizes(sweep, results)
        except InputError as error:  # a sweep knows its columns when its points are solved
            note(str(error))
            return None
        own_rounds = [one for one in sweep.rounds if one.asked == asked and one.limits]
        tried = {one.limits["compact_parameters"]: one.points[0] for one in own_rounds}
        stuck = {size for size, point in tried.items() if reached.get(point, 0) > size}
        for size in sorted(stuck, reverse=True):
            point = tried[size]
            found = f"{reached[point]:,} parameters"
            tell(size, f"Point {point} could not shrink to {size:,} parameters; it has {found}.")
        for size in sorted({*map(int, sizes)} - {*tried}, reverse=True):
            if size < max(stuck, default=0):
                tell(size, f"Nor is {size:,} tried.")
                continue
            near = [point for point, own in reached.items() if THERE * size <= own <= size]
            if near:
                point = max(near, key=lambda one: reached[one])
                found = f"Point {point} has {reached[point]:,} parameters"
                tell(size, f"{found}, which will do for {size:,}.")
                continue
            larger = [point for point, own in reached.items() if own > size]
            if not larger:
                tell(size, f"No point has more than {size:,} parameters: none can shrink to it.")
                continue
            parent = min(larger, key=lambda one: reached[one])
            own: Weights = np.array(sweep.weights[parent])
            weights = sparser(own[None], own, reached[parent] / size)
            limits: SizeLimits = {"compact_parameters": size}
            rows = [tuple(weights.tolist())]
            known = (config, sweep, records, rows)
            return added_round(*known, asked=asked, limits=limits, parent=parent)
        return None

    return further


def _sizes(sweep: SweepFile, results: Results) -> dict[int, int]:
    """The exported sizes of the solved points, by their numbers, that have given up no task."""
    sizes = results.values([PARAMETERS])[:, 0]
    rows = np.flatnonzero(np.isfinite(sizes) & of_interest(sweep, results))
    return {results.point(int(row)): int(sizes[row]) for row in rows}
