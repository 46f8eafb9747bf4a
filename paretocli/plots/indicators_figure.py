"""The picture of indicators over seeds and folds: a row a method, a dot a sweep."""

import textwrap

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paretocli.plots.indicators_data import IndicatorsData, Panel
from paretocli.plots.layout import legend_below, margins
from paretocli.plots.style import FADED, marker_area, plain_ticks, style_of

WIDTH = 9.6
"""Width in inches."""

_LETTERS = 22
"""Characters of a method's name in one line."""


def figure_indicators(data: IndicatorsData) -> Figure:
    """Draw a picture without writing it."""
    names = [textwrap.fill(name, _LETTERS) for name in data.methods]
    lines = sum(max(1.6, 1 + name.count("\n")) for name in names)
    figure = Figure(figsize=(WIDTH, 1.7 + 0.24 * lines), layout=margins())
    row = figure.subplots(1, len(data.panels), sharey=True)
    for axes, panel in zip(row, data.panels, strict=True):
        _draw(axes, panel)
    row[0].set_yticks(range(len(names)), names)
    row[0].set_ylim(len(names) - 0.5, -0.5)  # the first method on top
    figure.suptitle(textwrap.fill(data.title, 90), fontsize=12)
    legend_below(figure, _entries(data.over))
    return figure


def _draw(axes: Axes, panel: Panel) -> None:
    for index, values in enumerate(panel.values):
        style = style_of(index)
        axes.plot([np.mean(values)] * 2, [index - 0.3, index + 0.3], color=style.colour, zorder=2)
        axes.scatter(
            values,
            _jittered(index, len(values)),
            s=marker_area(len(values)),
            marker=style.marker,
            **style.marker_look(len(values)),
            zorder=3,
        )
    arrow = "→" if panel.higher else "←"
    axes.set_xlabel(textwrap.fill(f"{panel.label}  (better\N{NO-BREAK SPACE}{arrow})", 30))
    axes.grid(color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.margins(x=0.08)
    axes.tick_params(axis="y", length=0)
    plain_ticks(axes.xaxis, 5)


def _jittered(index: int, count: int) -> npt.NDArray[np.float64]:
    """Heights of a method's dots, a little apart: equal values would hide each other."""
    if count == 1:
        return np.array([float(index)])
    return index + np.linspace(-0.16, 0.16, count)


def _entries(over: str) -> list[Line2D]:
    words = f"one {over.removesuffix('s')}"
    dot = Line2D([], [], color=FADED, marker="o", linestyle="none", label=words)
    bar = Line2D([], [], color=FADED, marker="|", markersize=12, linestyle="none", label="mean")
    return [dot, bar]
