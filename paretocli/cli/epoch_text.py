"""Which epoch of a point its network is, as tables say it."""

from collections.abc import Sequence

from paretocli.run_directory.point_record import PointRecord


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
    return found
