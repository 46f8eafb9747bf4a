"""What `paretocli export --front` says."""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from paretocli.cli.tables import as_text, weight_cell
from paretocli.lists import some_of

if TYPE_CHECKING:
    from paretocli.exporting.fronts.front_export import ExportedFront

WIDTH = 80
MOST_OBJECTIVES = 4  # that have a column each


def front_report(front: "ExportedFront", folder: Path) -> str:
    """How far the network is from each point's own, and what is exact and what is not."""
    times = front.parameters / front.parameters_of_one
    words = [
        f"One network for all weights: {front.parameters:,} parameters, {times:.2f} times those "
        f"of one of the {len(front.points)} points, with which it was compared on "
        f"{front.samples:,} test samples. Differences of outputs are relative to the largest where "
        "that is above 1.",
    ]
    notes = [
        f"The input {front.weights_input} has a number for each of {', '.join(front.objectives)}, "
        "in this order, none negative and one positive; their ratios count. Parameters are exact "
        "for any weights.",
        *_between(front),
    ]
    if front.left_out:
        reasons = [f"{point} ({why})" for point, why in front.left_out.items()]
        notes.append(f"No part of it: {some_of(reasons)}.")
    return "\n".join(
        (
            as_text(_table(front)),
            "",
            *(textwrap.fill(text, WIDTH) for text in (*words, *notes)),
            f"Written to {folder}: {', '.join(front.files)}",
        )
    )


def _table(front: "ExportedFront") -> Table:
    """Each point, with its weights and the difference in each format."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    few = len(front.objectives) <= MOST_OBJECTIVES
    for header in ("point", *(front.objectives if few else ())):
        table.add_column(header, justify="right")
    for name in front.differences:
        table.add_column(f"{name}\ndifference", justify="right", no_wrap=True)
    for point, weights in front.points.items():
        shown = [weight_cell(weight) for weight in weights] if few else []
        gaps = [f"{found[point]:.1e}" for found in front.differences.values()]
        table.add_row(str(point), *shown, *gaps)
    return table


def _between(front: "ExportedFront") -> list[str]:
    """What is interpolated, and how far that may be off."""
    if not front.interpolated:
        return []
    text = (
        f"{some_of(front.interpolated)}: those of a point at its weights, interpolated between the "
        f"points ({front.rule})."
    )
    if not front.between:
        return [f"{text} How good that is between them cannot be told from so few points."]
    changes = dict.fromkeys(next(iter(front.between.values())), 0.0)
    for point, found in front.between.items():
        for name, figure in found.items():
            changes[name] = max(changes[name], abs(front.metrics[point][name] - figure))
    shown = some_of([f"{name.replace('_', ' ')} {change:.2g}" for name, change in changes.items()])
    return [
        f"{text} At points between others, had they not been there, test metrics would be off by "
        f"up to: {shown}."
    ]
