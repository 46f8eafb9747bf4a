"""The picture of attainment surfaces."""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paretocli.plots.attainment_data import FEW, Array, Attainment, AttainmentData
from paretocli.plots.layout import legend_below, margins
from paretocli.plots.scatter import frame
from paretocli.plots.staircase import staircase
from paretocli.plots.style import FADED, marker_area, style_handle, style_of

WIDTH = 7.2
"""Width in inches."""


def figure_attainment(data: AttainmentData) -> Figure:
    """Draw a picture without writing it."""
    entries = _entries(data)
    figure = Figure(figsize=(WIDTH, 5.0 + 0.12 * len(entries)), layout=margins())
    axes = figure.add_subplot()
    x, y = data.axes
    frame(axes, x, y)
    for index, method in enumerate(data.methods):
        _draw(axes, data, method, index)
    axes.set_title(textwrap.fill(data.title, 70))
    legend_below(figure, entries)
    return figure


def _draw(axes: Axes, data: AttainmentData, method: Attainment, index: int) -> None:
    style = style_of(index)
    if method.few:
        axes.scatter(
            method.points[:, 0],
            method.points[:, 1],
            s=marker_area(len(method.points)),
            marker=style.marker,
            **style.marker_look(len(method.points)),
            zorder=4,
        )
        return
    median = _steps(axes, data, method.median)
    axes.plot(*median.T, color=style.colour, linestyle=style.line, linewidth=1.4, zorder=3)
    axes.scatter(
        method.median[:, 0],
        method.median[:, 1],
        s=0.5 * marker_area(len(method.median)),
        marker=style.marker,
        **style.marker_look(len(method.median)),
        zorder=3.5,
    )
    if method.sweeps > 1:
        border = [_steps(axes, data, method.best), _steps(axes, data, method.worst)[::-1]]
        axes.fill(*np.concatenate(border).T, color=style.colour, alpha=0.18, linewidth=0, zorder=2)


def _steps(axes: Axes, data: AttainmentData, corners: Array) -> Array:
    """The staircase through corners (C, 2), up to the worse ends of the axes."""
    x, y = data.axes
    worst = axes.get_xlim()[0 if x.higher else 1], axes.get_ylim()[0 if y.higher else 1]
    return staircase(corners, (x.higher, y.higher), worst)


def _entries(data: AttainmentData) -> list[Line2D]:
    """Name the methods, and say once what lines, bands and marks mean."""
    several = any(method.sweeps > 1 for method in data.methods)
    entries = [
        style_handle(
            style_of(index),
            f"{method.name} ({method.sweeps} {data.over})" if method.sweeps > 1 else method.name,
            lines=not method.few,
        )
        for index, method in enumerate(data.methods)
    ]
    if not several:
        return entries
    one = data.over.removesuffix("s")
    if not all(method.few for method in data.methods):
        entries += [
            Line2D([], [], color=FADED, label=f"what half of the {data.over} attain"),
            Line2D([], [], color=FADED, linewidth=9, alpha=0.3, label=f"from best to worst {one}"),
        ]
    if any(method.few for method in data.methods):
        words = f"at most {FEW} points a {one}: all of them"
        entries.append(Line2D([], [], color=FADED, marker="o", linestyle="none", label=words))
    return entries
