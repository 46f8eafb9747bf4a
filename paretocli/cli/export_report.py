"""What `paretocli export` says."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from paretocli.cli.lossy_report import lossy_report
from paretocli.cli.tables import as_text

WIDTH = 80

if TYPE_CHECKING:
    from paretocli.exporting.export import Exported


def export_report(exported: "Exported", folder: Path) -> str:
    """A table of the network before and after, and how far their outputs differ."""
    before, after = exported.before, exported.after
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for header in ("before", "after", "gain"):
        table.add_column(header, justify="right", no_wrap=True)
    _add(table, "parameters", before.parameters, after.parameters, "{:,.0f}")
    for name, size in before.bytes.items():
        _add(table, f"{name}, kB", size / 1000, after.bytes[name] / 1000, "{:,.1f}")
    if before.macs is not None and after.macs is not None:
        _add(table, "multiply-accumulates", before.macs, after.macs, "{:,.0f}")
    for name, seconds in before.latency.items():
        _add(table, f"{name}, ms", 1000 * seconds, 1000 * after.latency[name], "{:.3f}")
    for name, figure in before.metrics.items():
        words = f"test {name.replace('_', ' ')}"
        table.add_row(words, f"{figure:.4f}", f"{after.metrics[name]:.4f}", "")
    largest = exported.largest_outputs
    relative = max(
        gap / max(1.0, largest[task])
        for gaps in exported.differences.values()
        for task, gap in gaps.items()
    )
    uncounted = []
    if exported.uncounted:
        uncounted = [f"Multiply-accumulates are not there: {exported.uncounted}."]
    return "\n".join(
        (
            as_text(table),
            "",
            f"On {exported.samples:,} test samples the outputs differ by at most {relative:.1e}, "
            "relative to a task's largest\noutput where that is above 1.",
            *uncounted,
            *_columns_text(exported),
            *lossy_report(exported.lossy),
            f"Latencies are medians with {exported.threads} "
            f"thread{'s' if exported.threads > 1 else ''} on this machine.",
            f"Written to {folder}: {', '.join(exported.files)}",
        )
    )


def _columns_text(exported: "Exported") -> list[str]:
    """Which columns of a table are still read."""
    if not exported.unread:
        return []
    left = exported.columns - len(exported.unread)
    text = f"It reads {left} of {exported.columns} columns, and none of "
    return [textwrap.fill(f"{text}{', '.join(exported.unread)}.", WIDTH)]


def _add(table: Table, name: str, before: float, after: float, form: str) -> None:
    gain = f"{before / after:.1f} ×" if after else ""
    table.add_row(name, form.format(before), form.format(after), gain)
