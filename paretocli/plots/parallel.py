"""Four columns or more as parallel coordinates."""

import textwrap
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from paretocli.plots.data import Axis, FrontData
from paretocli.plots.layout import inches_of
from paretocli.plots.numbers import format_range
from paretocli.plots.style import faded_alpha, marker_area, style_of

HEIGHT = 5.6
"""Height in inches."""

_LETTERS = 16
"""Characters of a label in one line; longer words are cut."""

_GAP = 0.15
"""Inches between labels, at least."""


def width_of(axes: Sequence[Axis]) -> float:
    """Width in inches: comfortable up to the width of a screen, then what labels and ends need."""
    texts = [_label(axis).splitlines() + list(format_range(axis.low, axis.high)) for axis in axes]
    widest = max(inches_of(line) for lines in texts for line in lines)
    comfortable = min(max(7.2, 1.6 * len(axes)), 18.0)
    return max(comfortable, len(axes) * (widest + _GAP))


def _label(axis: Axis) -> str:
    """Name an axis and its better direction, in short lines."""
    return f"{textwrap.fill(axis.label, _LETTERS)}\n(better {'↑' if axis.higher else '↓'})"


def draw(figure: Figure, data: FrontData) -> None:
    """Draw every point as a line over upright axes, each with its own range, into a figure."""
    axes = figure.add_subplot()
    places = np.arange(len(data.axes), dtype=np.float64)
    for index, series in enumerate(data.series):
        style = style_of(index)
        heights = _heights(series.values, data.axes)
        for chosen, on_front in ((~series.on_front, False), (series.on_front, True)):
            count = int(chosen.sum())
            crowd = 0.9 if count <= 60 else 0.5 if count <= 300 else 0.16
            axes.add_collection(
                LineCollection(
                    [np.column_stack([places, row]) for row in heights[chosen]],
                    colors=style.colour,
                    linestyles=[style.line],
                    linewidths=(1.5 if count <= 60 else 1.0) if on_front else 0.8,
                    alpha=crowd if on_front else 0.45 * crowd,
                    zorder=3 if on_front else 2,
                )
            )
            look = style.marker_look(count)
            if not on_front:
                look = {"color": style.colour, "alpha": faded_alpha(count), "linewidths": 0}
            axes.scatter(
                np.tile(places, count),
                heights[chosen].ravel(),
                s=marker_area(count) * (0.7 if on_front else 0.35),
                marker=style.marker,
                zorder=4 if on_front else 2,
                **look,
            )
    _frame(figure, data)


def _frame(figure: Figure, data: FrontData) -> None:
    """Draw the upright axes with their names, ranges and better directions."""
    (axes,) = figure.axes
    for place, axis in enumerate(data.axes):
        axes.vlines(place, 0, 1, color="#555555", linewidth=0.9, zorder=1)
        low, high = format_range(axis.low, axis.high)
        texts = ((1.04, high, "bottom"), (-0.04, low, "top"))
        for height, text, side in texts if low != high else texts[:1]:
            axes.text(place, height, text, ha="center", va=side, fontsize=9, color="#333333")
    axes.set_xticks(range(len(data.axes)), [_label(axis) for axis in data.axes])
    axes.tick_params(axis="x", length=0, pad=4)
    axes.yaxis.set_visible(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlim(-0.35, len(data.axes) - 0.65)
    axes.set_ylim(-0.12, 1.12)
    axes.set_title(textwrap.fill(data.title, 70))


def _heights(values: npt.NDArray[np.float64], scales: tuple[Axis, ...]) -> npt.NDArray[np.float64]:
    """Place the values (N, m) between 0 and 1 of each axis; half-way where all are equal."""
    low = np.array([axis.low for axis in scales])
    span = np.array([axis.high for axis in scales]) - low
    flat = span == 0
    return np.where(flat, 0.5, (values - low) / np.where(flat, 1.0, span))
