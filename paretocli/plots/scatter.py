"""Two columns as a scatter, with the staircase of each front."""

import textwrap

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paretocli.plots.data import Axis, FrontData
from paretocli.plots.numbers import format_range
from paretocli.plots.staircase import staircase
from paretocli.plots.style import (
    faded_alpha,
    limits_of,
    log_limits_of,
    log_ticks,
    marker_area,
    plain_ticks,
    style_of,
)

SIZE = (7.2, 5.2)
"""Width and height in inches."""


def draw(figure: Figure, data: FrontData) -> None:
    """Draw two columns into an empty figure."""
    axes = figure.add_subplot()
    x, y = data.axes
    limits = tuple(log_limits_of(a) if a.squeezed else limits_of(a) for a in (x, y))
    worst = limits[0][0 if x.higher else 1], limits[1][0 if y.higher else 1]
    scatter_points(axes, data, (0, 1))
    for index, series in enumerate(data.series):
        steps = staircase(series.values[series.on_front], (x.higher, y.higher), worst)
        style = style_of(index)
        axes.plot(
            steps[:, 0],
            steps[:, 1],
            color=style.colour,
            linestyle=style.line,
            linewidth=1.3,
            alpha=0.8,
            zorder=2.5,
        )
    axes.set_xlim(*limits[0])
    axes.set_ylim(*limits[1])
    label_axes(axes, x, y)
    if x.squeezed:
        axes.set_xscale("log")
        log_ticks(axes.xaxis)
        axes.set_xlabel(f"{axes.get_xlabel()}, log scale")
    if y.squeezed:
        axes.set_yscale("log")
        log_ticks(axes.yaxis)
        axes.set_ylabel(f"{axes.get_ylabel()}, log scale")
    axes.set_title(textwrap.fill(data.title, 70))


def scatter_points(axes: Axes, data: FrontData, pair: tuple[int, int]) -> None:
    """Scatter the columns number `pair`: dominated points pale and below, the front on top."""
    for index, series in enumerate(data.series):
        style = style_of(index)
        front = series.values[series.on_front][:, pair]
        rest = series.values[~series.on_front][:, pair]
        axes.scatter(
            rest[:, 0],
            rest[:, 1],
            s=0.55 * marker_area(len(rest)),
            color=style.colour,
            marker=style.marker,
            alpha=faded_alpha(len(rest)),
            linewidths=0,
            zorder=2,
        )
        axes.scatter(
            front[:, 0],
            front[:, 1],
            s=marker_area(len(front)),
            marker=style.marker,
            **style.marker_look(len(front)),
            zorder=3,
        )


def label_axes(axes: Axes, x: Axis, y: Axis, *, ticks: int = 6) -> None:
    """Name both axes and mark the better direction."""
    axes.set_xlabel(_axis_text(x))
    # The label stands upright, turned by 90° to the left, and its arrow turns with it.
    axes.set_ylabel(_axis_text(y))
    # Long numbers need room beside each other.
    long = max(len(text) for text in format_range(x.low, x.high)) > 7
    plain_ticks(axes.xaxis, min(ticks, 4) if long else ticks)
    plain_ticks(axes.yaxis, ticks)
    axes.grid(color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)


def _axis_text(axis: Axis) -> str:
    """Name an axis and its better direction, in lines short enough for the smallest panel."""
    lines = textwrap.wrap(
        f"{axis.label}  (better\N{NO-BREAK SPACE}{'→' if axis.higher else '←'})", 40
    )
    return "\n".join(lines)
