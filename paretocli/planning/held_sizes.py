"""The sizes that networks are held to when their search ends, of what is asked for."""

import math
from collections.abc import Iterable
from typing import cast

import numpy as np

from paretocli.errors import InputError
from paretocli.front.results import Results
from paretocli.front.selection import Condition
from paretocli.front.sizes import COMPACT, SHRUNK_FROM
from paretocli.planning.classification import Classification
from paretocli.run_directory.rounds import SizeLimits
from paretocli.run_directory.sweep_file import SweepFile


def held_by_conditions(sweep: SweepFile, conditions: Iterable[Condition]) -> SizeLimits:
    """The largest exported sizes that conditions allow, by column; none where no rows are tied."""
    above = [one for one in conditions if one.sign in ("<", "<=")]
    return _held(sweep, [(one.column, one.bound, one.sign == "<") for one in above])


def held_by_classes(sweep: SweepFile, results: Results, classes: Classification) -> SizeLimits:
    """Likewise, of sizes that improve to a level, get worse down to one, or stay as they are."""
    sizes = [one for one in classes.classes if one.column in COMPACT]
    found = [(one.column, one.level, False) for one in sizes if one.level is not None]
    for one in sizes:
        if one.kind == "leave":
            found.append((one.column, float(results.values([one.column])[classes.row, 0]), False))
    return _held(sweep, found)


def held_between(
    sweep: SweepFile, results: Results, first: int, last: int, points: int
) -> list[SizeLimits]:
    """The sizes of points on the way from one to another, in equal factors.

    Weights alone do not lead between two points of which one was held to its size.

    Args:
        sweep: The sweep.
        results: Its table.
        first: Where the way begins.
        last: Where it ends.
        points: How many.

    Returns:
        Nothing for each of them where weights lead there.

    Raises:
        InputError: One of the two was held to its size, and the other has failed or has none.
    """
    rows = {results.point(row): row for row in range(len(results.frame))}
    ends = [rows[point] for point in (first, last) if point in rows]
    if SHRUNK_FROM not in results.frame or results.frame[SHRUNK_FROM].iloc[ends].isna().all():
        return [{}] * points
    sizes_of = results.values(COMPACT[:1])[ends, 0]
    unfinished = "point" in results.unfinished and results.unfinished["point"].isin([first, last])
    if np.any(unfinished) or not np.isfinite(sizes_of).all():
        raise InputError(
            f"One of the points {first} and {last} was held to its size, and the other has none, "
            "so nobody knows what lies between them; name two that have sizes."
        )
    if len(ends) < 2:  # the other one is still to be solved
        return [{}] * points
    sizes = np.log(sizes_of)
    shares = np.arange(1, points + 1) / (points + 1)
    wanted = np.exp(sizes[0] + shares * (sizes[1] - sizes[0])).tolist()
    return [_held(sweep, [(COMPACT[0], round(size), False)]) for size in wanted]


def _held(sweep: SweepFile, most: Iterable[tuple[str, float, bool]]) -> SizeLimits:
    """Limits from columns, bounds, and whether less than the bound is asked for."""
    if not sweep.config.get("sparsity") or not sweep.config.get("retrain_epochs"):
        return {}
    found: dict[str, int] = {}
    for column, bound, less in most:
        if column in COMPACT:
            own = math.ceil(bound) - 1 if less else math.floor(bound)
            found[column] = max(1, min(own, found.get(column, own)))
    return cast(SizeLimits, found)
