"""What `paretocli measure` says."""

import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from paretocli.cli.tables import as_text
from paretocli.cli.threads_text import threads_text
from paretocli.measuring.noise import FEWEST, rank_correlation, within_noise
from paretocli.run_directory.measurements import (
    MEASUREMENTS_FILE,
    MeasuredNetwork,
    MeasuredPoint,
    Measurements,
)
from paretocli.timing.faster import times_faster

WIDTH = 80
MOST_PAIRS = 8


def measure_report(path: Path, found: Measurements) -> str:
    """A table of what each point's network took, first beside the dense one, and how sure that is.

    Args:
        path: The run directory.
        found: What was measured.
    """
    batches = list(found["dense"]["latency"])
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("point", vertical="bottom")
    for batch in batches:
        for header in (f"batch {batch}\ntimes faster", "\nms", "95 %\nms"):
            table.add_column(header, justify="right", no_wrap=True, vertical="bottom")
    table.add_column("file\nkB", justify="right", no_wrap=True, vertical="bottom")
    for one in found["points"]:
        table.add_row(str(one["point"]), *_cells(one, found["dense"], batches))
    table.add_row("dense", *_cells(found["dense"], None, batches))
    said = [
        _setting(found),
        *(_certainty(found, batch) for batch in batches),
        f"Written to {path / MEASUREMENTS_FILE} and results.csv.",
    ]
    return "\n".join([as_text(table), "", *(textwrap.fill(one, WIDTH) for one in said)])


def kit_report(path: Path, kit: Path, size: int) -> str:
    """Where a kit was written, and what to do with it."""
    read = shlex.join(["paretocli", "measure", str(path), "--read", "figures.json"])
    return (
        f"Written: {kit} ({size / 1000:,.1f} kB).\n"
        "On the device, where Python (3.11 or newer) has numpy and onnxruntime:\n"
        f"  python {shlex.quote(kit.name)} > figures.json\n"
        f"Then here:\n  {read}"
    )


def _cells(
    one: MeasuredNetwork | MeasuredPoint, dense: MeasuredNetwork | None, batches: Sequence[str]
) -> list[str]:
    cells = []
    for batch in batches:
        timed = one["latency"][batch]
        ratio = ""
        if dense is not None:
            before = dense["latency"][batch]
            times, word = times_faster(
                *(before["median_ms"], timed["median_ms"]),
                *(before["halves_ms"], timed["halves_ms"]),
            )
            ratio = f"{times:.2f} ×{word and ', '}{word}"
        cells += [ratio, f"{timed['median_ms']:.3f}", f"{timed['p95_ms']:.3f}"]
    return [*cells, f"{one['file_bytes'] / 1000:,.1f}"]


def _setting(found: Measurements) -> str:
    device, engine = found["device"], found["engine"]
    timed = found["dense"]["latency"]
    calls = " and ".join(f"{one['calls']} calls at batch {size}" for size, one in timed.items())
    return (
        f"Medians, and what 95 of 100 calls did not exceed, of {calls}, in turn, "
        f"format {found['format']} with {engine['name']} {engine['version']} and "
        f"{threads_text(found['threads'], found['processors'])}, on {device['name']} "
        f"({device['processor']}, {device['cores']} processors). Times faster than the network as "
        "it was trained (dense)."
    )


def _certainty(found: Measurements, batch: str) -> str:
    """How far the two halves of the calls agree on the order of the points."""
    said = f"Batch {batch}: "
    if len(found["points"]) < FEWEST:
        said += "too few points for their order to be compared between the halves of the calls"
    elif (correlation := rank_correlation(found, batch)) is None:
        said += "a half of the calls does not tell the points apart"
    else:
        said += f"rank correlation of the points between the halves of the calls {correlation:.3f}"
    pairs = within_noise(found, batch)
    if not pairs:
        return f"{said}; no two points are within noise of each other."
    named = [f"{one} and {other}" for one, other in pairs[:MOST_PAIRS]]
    more = f"; {len(pairs) - MOST_PAIRS} more pairs" if len(pairs) > MOST_PAIRS else ""
    return f"{said}. Which is faster is within noise for points {'; '.join(named)}{more}."
