"""What marks in a table of points mean: which epoch each is, and what its gap is one among."""

from collections.abc import Sequence

import pandas as pd

from paretocli.front.sizes import COMPACT, SHRUNK_FROM
from paretocli.run_directory.point_record import PointRecord

HELD = "†"


def epoch_text(point: int, records: Sequence[PointRecord]) -> str:
    """As in "9/10"; of a kept epoch, "9 of 5": that epoch of point 5."""
    record = next(record for record in records if record["point"] == point)
    if "kept_epoch" in record:
        return f"{record['kept_epoch']} of {record['parent']}"
    return f"{record['best_epoch']:.0f}/{record['epochs']}"


def front_notes(records: Sequence[PointRecord]) -> list[str]:
    """What marks in a table of several points mean."""
    found = ["* on the front of the validation losses"]
    kept = [record for record in records if "kept_epoch" in record]
    if kept:
        text = epoch_text(kept[0]["point"], kept)
        found.append(
            f"Best epoch {text}: kept on the way of point {kept[0]['parent']}, not trained"
        )
    if any(record.get(SHRUNK_FROM) for record in records):
        found.append(
            f"{HELD} held to a size: rows may have been taken away for it; the gap is of the tasks"
        )
    return found


def held_mark(column: str, row: pd.Series) -> str:
    """The mark of a size that a network was held to; empty for other figures."""
    return HELD if column == COMPACT[0] and pd.notna(row.get(SHRUNK_FROM)) else ""
