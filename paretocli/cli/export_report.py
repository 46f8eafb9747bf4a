"""What `paretocli export` says."""

import shlex
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from paretocli.cli.lossy_report import lossy_report
from paretocli.cli.tables import as_text
from paretocli.cli.threads_text import threads_text
from paretocli.timing.faster import SLOWER, times_faster

WIDTH = 80

if TYPE_CHECKING:
    from paretocli.exporting.export import Exported, Side


def export_report(exported: "Exported", folder: Path) -> str:
    """A table of the network before and after, and how far their outputs differ."""
    before, after = exported.before, exported.after
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for header in ("gain", "before", "after"):
        table.add_column(header, justify="right", no_wrap=True)
    _add(table, "parameters", before.parameters, after.parameters, "{:,.0f}")
    for name, size in before.bytes.items():
        _add(table, f"{name}, kB", size / 1000, after.bytes[name] / 1000, "{:,.1f}")
    if before.macs is not None and after.macs is not None:
        _add(table, "multiply-accumulates", before.macs, after.macs, "{:,.0f}")
    for name in before.latency:
        _add_latency(table, name, before, after)
    for name, figure in before.metrics.items():
        words = f"test {name.replace('_', ' ')}"
        table.add_row(words, "", f"{figure:.4f}", f"{after.metrics[name]:.4f}")
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
            textwrap.fill(
                f"On {exported.samples:,} test samples the outputs differ by at most "
                f"{relative:.1e}, relative to a task's largest output where that is above 1.",
                WIDTH,
            ),
            *(textwrap.fill(one.sentence, WIDTH) for one in exported.not_run.values()),
            *uncounted,
            *_columns_text(exported),
            *lossy_report(exported.lossy),
            *_latency_text(exported),
            textwrap.fill(
                f"Written to {folder}: {', '.join(exported.files)}",
                WIDTH,
                break_long_words=False,
                break_on_hyphens=False,
            ),
            f"`paretocli verify {shlex.quote(str(folder))}` looks whether it is unchanged. Digest:",
            f"  {exported.digest}",
        )
    )


def _columns_text(exported: "Exported") -> list[str]:
    """Which columns of a table are still read."""
    if not exported.unread:
        return []
    left = exported.columns - len(exported.unread)
    text = f"It reads {left} of {exported.columns} columns, and none of "
    return [textwrap.fill(f"{text}{', '.join(exported.unread)}.", WIDTH)]


def _latency_text(exported: "Exported") -> list[str]:
    """How latencies were measured, and where the small network is slower."""
    calls = sorted({*exported.calls.values()})
    count = f"{calls[0]}" if len(calls) == 1 else f"{calls[0]} to {calls[-1]}"
    said = (
        f"Latencies are medians, and what 95 of 100 calls do not exceed, of {count} calls with "
        f"{threads_text(exported.threads, exported.processors)}, large and small network in turn "
        "on this machine."
    )
    slower = [name for name in exported.calls if _times_faster(exported, name)[1] == SLOWER]
    if slower:
        said += f" Slower than before: {'; '.join(slower)}."
    return [textwrap.fill(said, WIDTH)]


def _times_faster(exported: "Exported", name: str) -> tuple[float, str]:
    return times_faster(
        exported.before.latency[name],
        exported.after.latency[name],
        exported.before.latency_halves[name],
        exported.after.latency_halves[name],
    )


def _add_latency(table: Table, name: str, before: "Side", after: "Side") -> None:
    """Rows of the median and of the 95th percentile; where both halves agree, which is faster."""
    halves = before.latency_halves[name], after.latency_halves[name]
    ratio, word = times_faster(before.latency[name], after.latency[name], *halves)
    for words, gain, pair in (
        ("", f"{ratio:.2f} ×{word and ', '}{word}", (before.latency, after.latency)),
        (" (95 %)", "", (before.latency_p95, after.latency_p95)),
    ):
        table.add_row(f"{name}, ms{words}", gain, *(f"{1000 * side[name]:.3f}" for side in pair))


def _add(table: Table, name: str, before: float, after: float, form: str) -> None:
    gain = f"{before / after:.1f} ×" if after else ""
    table.add_row(name, gain, form.format(before), form.format(after))
