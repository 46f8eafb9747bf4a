"""Pruned networks beside the points of the sparse sweep that they have the sizes of."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from paretocli.core.metric_names import Direction
from paretocli.errors import InputError
from paretocli.front.directions import Directions
from paretocli.front.results import read_results
from paretocli.front.task_columns import task_columns

PARTNER, SIZE = "partner", "compact_parameters"

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """N pruned networks and their partners, which are finished.

    Attributes:
        points: Numbers of the pruned ones (N,).
        partners: Those of the points of the sparse sweep (N,).
        sizes: Parameters of the exported networks (N, 2), of the partner and of the pruned one.
        columns: The one of each task, c of them.
        figures: What these hold (N, c, 2), in the same order; NaN where a cell is empty.
        directions: Which direction of each column is better, None where nobody says.
    """

    points: tuple[int, ...]
    partners: tuple[int, ...]
    sizes: Array
    columns: tuple[str, ...]
    figures: Array
    directions: tuple[Direction | None, ...]

    def counts(self, place: int) -> tuple[int, int, int] | None:
        """At how many pairs the pruned network is better, as good and worse in a column.

        None where nobody says which direction is better. Pairs with an empty cell count nowhere.
        """
        if self.directions[place] is None:
            return None
        sign = 1 if self.directions[place] == "higher" else -1
        gained = sign * (self.figures[:, place, 1] - self.figures[:, place, 0])
        return int((gained > 0).sum()), int((gained == 0).sum()), int((gained < 0).sum())


def read_pairs(sparse: Path, baseline: Path, split: str) -> Pairs | None:
    """The pairs of two run directories, by size from the largest; None where there are none.

    Args:
        sparse: That of the sparse sweep.
        baseline: That of its baseline.
        split: Whose figures.

    Raises:
        InputError: A table is not one of this program's.
    """
    try:
        tables = read_results(sparse), read_results(baseline)
    except InputError:  # nothing is finished
        return None
    results, pruned = tables
    if PARTNER not in pruned.frame or not {SIZE, "point"} <= {*results.frame, *pruned.frame}:
        return None
    rows = {results.point(row): row for row in range(len(results.frame))}
    partners = pruned.values([PARTNER])[:, 0]
    found = [
        (rows[int(partner)], row)
        for row, partner in enumerate(partners)
        if np.isfinite(partner) and int(partner) in rows
    ]
    if not found:
        return None
    columns = [c for c in task_columns(results, split).values() if c in pruned.frame]
    both = np.array(found).T
    sizes = np.stack([t.values([SIZE])[r, 0] for t, r in zip(tables, both, strict=True)], axis=1)
    figures = [t.values(columns)[r] for t, r in zip(tables, both, strict=True)]
    order = np.lexsort((both[0], -sizes[:, 0]))
    directions = Directions([results])
    return Pairs(
        tuple(pruned.point(int(row)) for row in both[1][order]),
        tuple(results.point(int(row)) for row in both[0][order]),
        sizes[order],
        tuple(columns),
        np.stack(figures, axis=2)[order],
        tuple(directions.of(column) for column in columns),
    )
