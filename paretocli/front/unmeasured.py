"""Points of which nobody has measured yet what is looked at."""

from collections.abc import Collection, Sequence

import numpy as np

from paretocli.front.columns import MEASURED
from paretocli.front.measured import measure_command
from paretocli.front.results import Results


def unmeasured(
    results: Results, columns: Sequence[str], rows: Collection[int] | None = None
) -> list[int]:
    """The numbers of finished points with an empty cell in a column that is measured.

    Args:
        results: Their table.
        columns: Some columns; only those of them count that are measured and there.
        rows: Rows that count; all unless given.
    """
    names = [name for name in columns if name in MEASURED and name in results.frame]
    if not names:
        return []
    missing = np.flatnonzero(~np.isfinite(results.values(names)).all(axis=1)).tolist()
    return [results.point(row) for row in missing if rows is None or row in rows]


def unmeasured_text(points: Sequence[int], results: Results) -> str:
    """A sentence on points that were not measured, as in "Point 3 was not measured; …"."""
    command = measure_command(results.path.parent)
    return f"{named(points)} not measured; {command} measures all points."


def named(points: Sequence[int]) -> str:
    """The beginning of a sentence on points, as in "Points 3, 4 and 5 were"."""
    *first, last = map(str, points)
    if not first:
        return f"Point {last} was"
    return f"Points {', '.join(first)} and {last} were"
