"""Two columns as a scatter, with the staircase of each front."""

import textwrap
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paretocli.plots.data import Axis, FrontData
from paretocli.plots.numbers import format_range
from paretocli.plots.staircase import staircase
from paretocli.plots.style import (
    FADED,
    Style,
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

BASELINES: dict[str, dict[str, Any]] = {
    "constant": {"marker": "_", "markersize": 12, "markeredgewidth": 2},
    "linear model": {"marker": "x", "markersize": 8, "markeredgewidth": 2},
    "boosted trees": {"marker": "P", "markersize": 9},
}
"""How baselines are marked."""


def draw(figure: Figure, data: FrontData) -> None:
    """Draw two columns into an empty figure."""
    axes = figure.add_subplot()
    x, y = data.axes
    frame(axes, x, y)
    worst = axes.get_xlim()[0 if x.higher else 1], axes.get_ylim()[0 if y.higher else 1]
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
    for name, value in data.baselines.items():
        if _in_view(value, data):
            axes.plot(*value, **BASELINES[name], linestyle="none", color=FADED, zorder=3.5)
    axes.set_title(textwrap.fill(data.title, 70))


def _in_view(value: npt.NDArray[np.float64], data: FrontData) -> bool:
    """Whether a baseline (2,) lies where points do; for others the picture is not made larger."""
    ends = [log_limits_of(axis) if axis.log else limits_of(axis) for axis in data.axes]
    low, high = np.array(ends).T
    return bool(((low <= value) & (value <= high)).all())


def baseline_handles(data: FrontData) -> list[Line2D]:
    """Entries of the legend for baselines, with their places where these are not in view."""
    if len(data.axes) != 2:
        return []
    found = []
    for name, value in data.baselines.items():
        look, words = BASELINES[name], f"baseline: {name}"
        if not _in_view(value, data):
            look, words = {}, f"{name} (outside: {value[0]:.3g}, {value[1]:.3g})"
        found.append(Line2D([], [], **look, linestyle="none", color=FADED, label=words))
    return found


def scatter_points(axes: Axes, data: FrontData, pair: tuple[int, int]) -> None:
    """Scatter the columns number `pair` of all inputs."""
    for index, series in enumerate(data.series):
        scatter_marks(axes, series.values[:, pair], series.on_front, style_of(index))


def scatter_marks(
    axes: Axes, values: npt.NDArray[np.float64], on_front: npt.NDArray[np.bool_], style: Style
) -> None:
    """Scatter points (N, 2): dominated ones pale and below, those of the front (N,) on top."""
    front, rest = values[on_front], values[~on_front]
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


def frame(
    axes: Axes, x: Axis, y: Axis, *, ticks: int = 6, letters: tuple[int, int] = (64, 40)
) -> None:
    """Name both axes, set their scales, ends and ticks, and mark the better direction.

    Args:
        axes: where to.
        x: the level axis.
        y: the upright axis.
        ticks: about how many on each.
        letters: for both axes, how many stand in one line of the label.
    """
    axes.set_xlabel(_axis_text(x, letters[0]))
    # The label stands upright, turned by 90° to the left, and its arrow turns with it.
    axes.set_ylabel(_axis_text(y, letters[1]))
    # Long numbers need room beside each other.
    long = max(len(text) for text in format_range(x.low, x.high)) > 7
    axes.set(
        xscale="log" if x.log else "linear",
        yscale="log" if y.log else "linear",
        xlim=log_limits_of(x) if x.log else limits_of(x),
        ylim=log_limits_of(y) if y.log else limits_of(y),
    )
    if x.log:
        log_ticks(axes.xaxis, *axes.get_xlim())
    else:
        plain_ticks(axes.xaxis, min(ticks, 4) if long else ticks)
    if y.log:
        log_ticks(axes.yaxis, *axes.get_ylim())
    else:
        plain_ticks(axes.yaxis, ticks)
    axes.grid(color="#e4e4e4", linewidth=0.7)
    axes.set_axisbelow(True)


def _axis_text(axis: Axis, letters: int) -> str:
    """Name an axis and its better direction, in short lines."""
    words = f"{axis.label}, log scale" if axis.log else axis.label
    arrow = f"(better\N{NO-BREAK SPACE}{'→' if axis.higher else '←'})"
    return "\n".join(textwrap.wrap(f"{words}  {arrow}", letters))
