"""Three columns as a view in space beside its three projections."""

import textwrap
from typing import Any

from matplotlib.figure import Figure

from paretocli.plots.data import FrontData
from paretocli.plots.numbers import format_range
from paretocli.plots.scatter import frame, scatter_points
from paretocli.plots.style import faded_alpha, limits_of, marker_area, plain_ticks, style_of

SIZE = (10.0, 8.6)
"""Width and height in inches."""


def draw(figure: Figure, data: FrontData) -> None:
    """Draw three columns into an empty figure.

    What is dominated is decided in all three columns: in a projection, points of the front may
    lie behind each other.
    """
    grid = figure.add_gridspec(2, 2)
    _draw_space(figure.add_subplot(grid[0, 0], projection="3d"), data)
    for cell, (i, j) in zip((grid[0, 1], grid[1, 0], grid[1, 1]), _PAIRS, strict=True):
        axes = figure.add_subplot(cell)
        scatter_points(axes, data, (i, j))
        frame(axes, data.axes[i], data.axes[j], ticks=5, letters=(40, 40))
    figure.suptitle(textwrap.fill(data.title, 90))


_PAIRS = ((0, 1), (0, 2), (1, 2))


def _draw_space(axes: Any, data: FrontData) -> None:  # matplotlib does not type its axes in space
    for index, series in enumerate(data.series):
        style = style_of(index)
        front = series.values[series.on_front]
        rest = series.values[~series.on_front]
        axes.scatter(
            *rest.T,
            s=0.55 * marker_area(len(rest)),
            color=style.colour,
            marker=style.marker,
            alpha=faded_alpha(len(rest)),
            linewidths=0,
            depthshade=False,  # paleness already means dominated
        )
        axes.scatter(
            *front.T,
            s=marker_area(len(front)),
            marker=style.marker,
            **style.marker_look(len(front)),
            depthshade=False,
        )
    for axis, letter in zip(data.axes, ("x", "y", "z"), strict=True):
        getattr(axes, f"set_{letter}lim")(*limits_of(axis))
        lines = [*textwrap.wrap(axis.label, 26), f"({_better(axis.higher)})"]
        digits = max(len(text) for text in format_range(axis.low, axis.high))
        # Constrained layout does not look into space: labels are moved off the ticks by hand.
        long = max(0, digits - 5)
        getattr(axes, f"set_{letter}label")("\n".join(lines), labelpad=4 * len(lines) + 1.8 * long)
        axes.tick_params(axis=letter, labelsize=8.5, pad=1 + long)
        plain_ticks(getattr(axes, f"{letter}axis"), 4 if digits <= 5 else 3)
    axes.view_init(elev=24, azim=40)
    axes.set_box_aspect(None, zoom=0.92)


def _better(higher: bool) -> str:
    return "higher is better" if higher else "lower is better"
