"""The sizes that networks are held to when their search ends, of what is asked for."""

import math
from collections.abc import Iterable
from typing import cast

from paretocli.front.results import Results
from paretocli.front.selection import Condition
from paretocli.front.sizes import COMPACT
from paretocli.options.config import SweepConfig
from paretocli.planning.classification import Classification
from paretocli.run_directory.rounds import SizeLimits


def held_by_conditions(config: SweepConfig, conditions: Iterable[Condition]) -> SizeLimits:
    """The largest exported sizes that conditions allow, by column; none where no rows are tied."""
    above = [one for one in conditions if one.sign in ("<", "<=")]
    return _held(config, [(one.column, one.bound, one.sign == "<") for one in above])


def held_by_classes(config: SweepConfig, results: Results, classes: Classification) -> SizeLimits:
    """Likewise, of sizes that improve to a level, get worse down to one, or stay as they are."""
    sizes = [one for one in classes.classes if one.column in COMPACT]
    found = [(one.column, one.level, False) for one in sizes if one.level is not None]
    for one in sizes:
        if one.kind == "leave":
            found.append((one.column, float(results.values([one.column])[classes.row, 0]), False))
    return _held(config, found)


def _held(config: SweepConfig, most: Iterable[tuple[str, float, bool]]) -> SizeLimits:
    """Limits from columns, bounds, and whether less than the bound is asked for."""
    if not config.sparsity or not config.retrain_epochs:
        return {}
    found: dict[str, int] = {}
    for column, bound, less in most:
        if column in COMPACT:
            own = math.ceil(bound) - 1 if less else math.floor(bound)
            found[column] = max(1, min(own, found.get(column, own)))
    return cast(SizeLimits, found)
