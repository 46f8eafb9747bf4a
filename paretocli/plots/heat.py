"""Many columns as a heat map: a row a column, a column a point."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paretocli.plots.data import FrontData
from paretocli.plots.heat_data import Block, blocks_of, cell_text, digits_of, rows_of
from paretocli.plots.layout import inches_of
from paretocli.plots.style import legend_handles

MOST_AXES = 7
"""Columns that parallel coordinates still show: beyond, nobody can follow a line."""

_MOST_WRITTEN = 30  # points whose values are written into the cells
_MOST_NUMBERED = 80  # points whose numbers are written below
_NARROWEST = 7.2  # inches of the picture
_CELL, _NARROW, _ROW = 0.52, 0.2, 0.3  # of a cell with its value, of one without, of a row
_BESIDE, _ABOVE = 2.0, 2.3  # of what is beside the cells, and above and below them
_DARK = 0.55  # badness up to which cells are dark, and what is written on them white


def size_of(data: FrontData) -> tuple[float, float]:
    """Width and height in inches: what cells and names need, up to the width of a screen."""
    points = sum(len(one.values) for one in data.series)
    names = max(map(inches_of, rows_of(data.axes).names))
    each = _CELL if points <= _MOST_WRITTEN else _NARROW
    cells = min(points * each, _MOST_WRITTEN * _CELL)
    return max(_NARROWEST, names + cells + _BESIDE), _ABOVE + _ROW * len(data.axes)


def draw(figure: Figure, data: FrontData) -> None:
    """Draw all points, those of an input beside each other and best on average first."""
    blocks = blocks_of(data)
    places = figure.subplots(
        1,
        len(blocks),
        sharey=True,
        squeeze=False,
        gridspec_kw={"width_ratios": [len(one.points) for one in blocks]},
    )[0]
    count = sum(len(one.points) for one in blocks)
    colours = colormaps["cividis"].with_extremes(bad="#d9d9d9")
    labels = [str(handle.get_label()) for handle in legend_handles(data, lines=False)]
    for axes, block, words in zip(places, blocks, labels, strict=False):
        mesh = axes.pcolormesh(
            np.ma.masked_invalid(block.badness.T),
            cmap=colours,
            vmin=0,
            vmax=1,
            edgecolors="white",
            linewidth=0.6 if count <= _MOST_NUMBERED else 0,
        )
        if count <= _MOST_WRITTEN:
            _write(axes, block, [digits_of(axis) for axis in data.axes])
        _points(axes, block, count, words)
    rows = rows_of(data.axes)
    first: Axes = places[0]
    first.set_yticks(np.arange(len(rows.names)) + 0.5, rows.names)
    first.invert_yaxis()
    bar = figure.colorbar(mesh, ax=list(places), shrink=0.7, aspect=25, pad=0.02)
    bar.set_ticks([0, 1], labels=["best", "worst"])
    bar.outline.set_visible(False)
    grey = any(axis.low == axis.high for axis in data.axes)
    words = f"in each row{', grey where all are equal' if grey else ''}\n{rows.common}"
    bar.set_label(words.strip(), fontsize=9)
    figure.suptitle(textwrap.fill(data.title, 70), fontsize=12)


def _write(axes: Axes, block: Block, digits: Sequence[int]) -> None:
    """Write values into the cells.

    Args:
        axes: Where they go.
        block: The points.
        digits: Of each row.
    """
    for column, (values, badness) in enumerate(zip(block.values, block.badness, strict=True)):
        for row, (value, bad) in enumerate(zip(values, badness, strict=True)):
            colour = "white" if bad < _DARK else "black"
            axes.text(
                column + 0.5,
                row + 0.5,
                cell_text(float(value), digits[row]),
                ha="center",
                va="center",
                fontsize=7.5,
                color=colour,
                in_layout=False,  # it is within its cell, and to look at hundreds takes seconds
            )


def _points(axes: Axes, block: Block, count: int, words: str) -> None:
    """Number the points below, in brackets where they are dominated."""
    texts = [
        str(point) if front else f"({point})"
        for point, front in zip(block.points, block.on_front, strict=True)
    ]
    numbered = _few(texts) if count <= _MOST_NUMBERED else []
    axes.set_xticks(np.arange(len(numbered)) + 0.5, numbered, fontsize=8)
    axes.tick_params(length=0)
    below = "points" if block.on_front.all() else "points, in brackets if dominated"
    axes.set_xlabel(f"{below}\n{textwrap.fill(words, max(24, 6 * len(texts)))}", fontsize=9.5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _few(texts: Sequence[str]) -> list[str]:
    """Every second one left empty where there is no room for all."""
    step = 1 if len(texts) <= _MOST_WRITTEN else 2
    return [text if place % step == 0 else "" for place, text in enumerate(texts)]
