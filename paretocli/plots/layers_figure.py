"""The picture of the layers of one point."""

import textwrap
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import Transform

from paretocli.plots.layers_data import LayerRows, LayersData
from paretocli.plots.layout import margins
from paretocli.plots.saving import check_target, save
from paretocli.plots.style import RC

BAR_WIDTH = 5.6
"""Width of a bar in inches, nearly."""

_NAME = 30
"""Characters of a layer's name in one line."""

_MAX_HEIGHT = 200.0  # inches: a PNG cannot have more than 65,536 dots

_COLUMNS = (40.0, 88.0)
"""Where the numbers at the right end, in points from the bars."""

_GREY = "#666666"


@dataclass(frozen=True)
class _Segment:
    """How one kind of rows looks: dark, middle and pale, also without colours."""

    field: str
    words: str
    colour: str
    ink: str


_SEGMENTS = (
    _Segment("unshared_rows", "kept, not shared", "#0072B2", "white"),
    _Segment("shared_rows", "kept, shared with another row", "#F0A830", "black"),
    _Segment("zero_rows", "zero", "#e9e9e9", "#444444"),
)


def save_layers(data: LayersData, path: Path) -> None:
    """Draw a picture and write it; the suffix of `path` (png, svg, pdf) is the format.

    Raises:
        InputError: the picture cannot be written.
    """
    check_target(path)
    with rc_context(RC):
        save(figure_of_layers(data), path)


def figure_of_layers(data: LayersData) -> Figure:
    """Draw a picture without writing it."""
    names = [wrap_name(layer.layer) for layer in data.layers]
    longest = max(len(line) for name in names for line in name.split("\n"))
    # The upright axis counts inches: a layer with a name of more lines takes more of them.
    heights = [0.31 + 0.17 * (name.count("\n") + 1) for name in names]
    places = [
        below - height / 2 for below, height in zip(accumulate(heights), heights, strict=True)
    ]
    size = BAR_WIDTH + 1.6 + 0.085 * longest, min(1.9 + sum(heights), _MAX_HEIGHT)
    figure = Figure(figsize=size, layout=margins())
    axes = figure.add_subplot()
    _frame(axes, sum(heights))
    numbers = []
    for place, name, layer in zip(places, names, data.layers, strict=True):
        numbers += _bar(axes, place, layer)
        _describe(axes, place, name, layer)
    _head(axes, data)
    # Only the finished layout tells how wide the segments are.
    figure.draw_without_rendering()
    for text, share in numbers:
        room = axes.bbox.width * share - 4
        text.set_visible(bool(text.get_window_extent().width <= room))
    return figure


def wrap_name(name: str) -> str:
    """Break the name of a layer into lines, after its dots as far as possible."""
    lines = [""]
    for part in name.replace(".", ".\0").split("\0"):
        if len(lines[-1]) + len(part) > _NAME and lines[-1]:
            lines.append("")
        pieces = [part[start : start + _NAME] for start in range(0, len(part), _NAME)]
        lines[-1] += pieces[0] if pieces else ""
        lines += pieces[1:]
    return "\n".join(lines)


def _frame(axes: Axes, height: float) -> None:
    axes.set(xlim=(0, 100), ylim=(height, 0))
    axes.set_xlabel("Share of the layer's rows (%)")
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)


def _bar(axes: Axes, place: float, layer: LayerRows) -> list[tuple[Text, float]]:
    """Draw one bar; give the numbers in it, each with its segment's share of the axis."""
    numbers = []
    left = 0.0
    for segment in _SEGMENTS:
        rows = getattr(layer, segment.field)
        share = rows / max(layer.rows, 1)
        if not rows:
            continue
        look: dict[str, Any] = {"facecolor": segment.colour, "edgecolor": "white", "linewidth": 0.8}
        axes.barh(place, 100 * share, left=left, height=0.3, **look)
        text = axes.text(
            left + 50 * share,
            place,
            f"{rows:,}",
            ha="center",
            va="center_baseline",
            color=segment.ink,
            fontsize=9,
        )
        # Numbers that do not fit are taken away later; the layout need not look at any.
        text.set_in_layout(False)
        numbers.append((text, share))
        left += 100 * share
    return numbers


def _describe(axes: Axes, place: float, name: str, layer: LayerRows) -> None:
    """Write name and role at the left, and the numbers of rows at the right."""
    beside = axes.get_yaxis_transform()
    # Name and role together stand in the middle of the bar's height.
    low = 5 - 7 * (name.count("\n") + 1)
    _note(axes, name, (0, place), (-8, low), beside, ha="right", va="bottom")
    _note(
        axes, layer.role, (0, place), (-8, low), beside, ha="right", va="top", color=_GREY, size=8
    )
    for x, count in zip(_COLUMNS, (layer.rows, layer.unique_rows), strict=True):
        _note(axes, f"{count:,}", (1, place), (x, 0), beside, ha="right", va="center_baseline")


def _head(axes: Axes, data: LayersData) -> None:
    """Write what stands above the bars: title, notes, legend, and heads of the numbers."""
    corner = axes.transAxes
    for x, word in zip(_COLUMNS, ("rows", "unique"), strict=True):
        _note(axes, word, (1, 1), (x, 3), corner, ha="right", va="bottom", color=_GREY, size=9)
    axes.legend(
        handles=[
            Patch(facecolor=one.colour, edgecolor="#bbbbbb", linewidth=0.6, label=one.words)
            for one in _SEGMENTS
        ],
        loc="lower left",
        bbox_to_anchor=(0, 1),
        borderaxespad=0,
        borderpad=0.3,
        ncols=len(_SEGMENTS),
        frameon=False,
        fontsize=9,
        handlelength=1.2,
        columnspacing=1.4,
    )
    notes = [textwrap.fill(note, 86) for note in notes_of(data)]
    lines = "\n".join(notes)
    _note(axes, lines, (0, 1), (0, 24), corner, ha="left", va="bottom", color="#444444", size=9)
    above = 27 + 12.6 * len(lines.splitlines())
    title = textwrap.fill(data.title, 66)
    _note(axes, title, (0, 1), (0, above), corner, ha="left", va="bottom", size=12)


def notes_of(data: LayersData) -> list[str]:
    """Say in words how small the network is and which weights it was trained with."""
    figures = data.sparsity
    notes = []
    if {"parameters", "parameters_kept", "unique_parameters"} <= figures.keys():
        kept, unique, every = (
            f"{figures[name]:,.0f}"
            for name in ("parameters_kept", "unique_parameters", "parameters")
        )
        notes.append(f"{kept} of {every} parameters kept, {unique} of them unique")
    rates = ("sparsity_rate", "compression_rate", "parameter_sharing")
    if set(rates) <= figures.keys():
        rate, compression, sharing = (figures[name] for name in rates)
        notes.append(
            f"sparsity rate {rate:.1f} %, compression rate {compression:.2f}, "
            f"parameter sharing {sharing:.2f}"
        )
    if data.weights:
        weights = ", ".join(
            f"{name}\N{NO-BREAK SPACE}{weight:.3g}" for name, weight in data.weights.items()
        )
        notes.append(f"weights: {weights}")
    return notes


def _note(
    axes: Axes,
    words: str,
    place: tuple[float, float],
    offset: tuple[float, float],
    transform: Transform,
    **look: Any,
) -> None:
    """Write words some points away from a place."""
    axes.annotate(
        words,
        place,
        xytext=offset,
        xycoords=transform,
        textcoords="offset points",
        annotation_clip=False,
        **look,
    )
