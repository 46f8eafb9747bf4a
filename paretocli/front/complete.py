"""Points without a number in a column that is looked at: they are left out everywhere alike."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.measured import measure_again
from paretocli.front.results import Results

Mask = npt.NDArray[np.bool_]

MOST_POINTS = 10
MOST_COLUMNS = 4


@dataclass(frozen=True)
class LeftOut:
    """Finished points that are not looked at.

    Attributes:
        points: Their numbers.
        columns: Where they have an empty or an infinite cell.
    """

    points: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As in "left out 2 with an empty or infinite loss_a_val (points 1 and 3)"."""
        count = len(self.points)
        numbers = ", ".join(map(str, self.points[:MOST_POINTS]))
        more = ", …" if count > MOST_POINTS else ""
        what = " or ".join(self.columns[:MOST_COLUMNS])
        what += " or another figure" if len(self.columns) > MOST_COLUMNS else ""
        word = "point" if count == 1 else "points"
        said = f"left out {count} with an empty or infinite {what} ({word} {numbers}{more})"
        return said + measure_again(self.columns)


def complete_rows(
    results: Results, columns: Sequence[str], rows: Collection[int] | None = None
) -> tuple[Mask, LeftOut]:
    """Find the finished points with a finite number in each of some columns, at least one.

    As `finite_rows`.

    Raises:
        InputError: A column is not there or holds words, or no row that counts is complete.
    """
    complete, left_out = finite_rows(results, columns, rows)
    if not complete.any():
        raise InputError(
            f"No {'finished point' if rows is None else 'point of the front'} of {results.path} "
            f"has a finite number in each of the columns {', '.join(columns)}; choose other "
            f"columns{measure_again(columns)}."
        )
    return complete, left_out


def finite_rows(
    results: Results, columns: Sequence[str], rows: Collection[int] | None = None
) -> tuple[Mask, LeftOut]:
    """Find the finished points with a finite number in each of some columns.

    Args:
        results: The input.
        columns: m names.
        rows: Rows that count; all unless given.

    Returns:
        (N,), true for the rows that count and are complete; and those that count and are not.

    Raises:
        InputError: A column is not there or holds words.
    """
    counted = np.ones(len(results.frame), dtype=np.bool_)
    if rows is not None:
        counted[:] = False
        counted[list(rows)] = True
    finite = np.isfinite(results.values(columns))
    complete: Mask = np.asarray(finite.all(axis=1))
    missing = np.flatnonzero(counted & ~complete)
    bad = np.asarray((~finite[missing]).any(axis=0))
    return counted & complete, LeftOut(
        tuple(results.point(row) for row in missing.tolist()),
        tuple(dict.fromkeys(name for name, wrong in zip(columns, bad, strict=True) if wrong)),
    )
