"""Columns of what was measured, beside those that records of points say."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd

from paretocli.front.sizes import COMPACT
from paretocli.run_directory.files import DamagedError
from paretocli.run_directory.measurements import (
    BYTES,
    FIGURES,
    Measurements,
    figures_of,
    read_measurements,
)
from paretocli.run_directory.networks import checkpoint_of
from paretocli.run_directory.point_record import PointRecord


def with_measured(
    table: pd.DataFrame, directory: Path, records: Sequence[PointRecord]
) -> pd.DataFrame:
    """The table of a sweep's points with what was measured of them, if anything was.

    A point that was not measured, or is another network now, has empty cells.

    Args:
        table: One row a record.
        directory: The run directory.
        records: Of the points, in order.
    """
    found = _measured(directory)
    if found is None:
        return table
    known = {one["point"]: one for one in found["points"]}
    rows = []
    for record in records:
        one = known.get(record["point"])
        same = one is not None and checkpoint_of(directory, record) == one["checkpoint"]
        rows.append(figures_of(one) if one is not None and same else {})
    place = list(table.columns).index(COMPACT[-1]) + 1
    columns = pd.DataFrame(rows, index=table.index, columns=[*FIGURES, BYTES])
    columns = columns.astype(dict.fromkeys(FIGURES, float) | {BYTES: "Int64"})
    return pd.concat([table.iloc[:, :place], columns, table.iloc[:, place:]], axis=1)


def _measured(directory: Path) -> Measurements | None:
    with suppress(DamagedError):  # who mends the directory says so
        return read_measurements(directory)
    return None
