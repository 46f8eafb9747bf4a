"""The picture of all tasks against one column."""

import textwrap
from dataclasses import replace
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paretocli.plots.against_data import AgainstData, Panel
from paretocli.plots.layout import legend_below, margins
from paretocli.plots.saving import check_target, save
from paretocli.plots.scatter import frame, scatter_marks
from paretocli.plots.staircase import staircase
from paretocli.plots.style import (
    FADED,
    RC,
    Style,
    faded_handle,
    shown,
    style_handle,
    style_of,
)

WIDTH = 7.2
"""Width in inches."""


def save_against(data: AgainstData, path: Path) -> None:
    """Draw a picture and write it; the suffix of `path` (png, svg, pdf) is the format.

    Raises:
        InputError: the picture cannot be written.
    """
    check_target(path)
    with rc_context(RC):
        save(figure_against(data), path)


def figure_against(data: AgainstData) -> Figure:
    """Draw a picture without writing it."""
    count = len(data.panels)
    height = 5.2 if count == 1 else 1.8 + 2.6 * count
    figure = Figure(figsize=(WIDTH, height), layout=margins())
    grid = figure.subplots(count, 1, sharex=True, squeeze=False)
    for axes, panel in zip(grid[:, 0], data.panels, strict=True):
        _draw_panel(axes, data, panel)
        axes.label_outer()
    grid[0, 0].set_title(textwrap.fill(data.title, 70))
    _legend(figure, data)
    return figure


def _draw_panel(axes: Axes, data: AgainstData, panel: Panel) -> None:
    frame(axes, data.axis, panel.axis, letters=(64, 40 if len(data.panels) == 1 else 30))
    for curve in panel.curves:
        style = _style(data, curve.task, curve.source)
        scatter_marks(axes, curve.values, curve.on_front, style)
        higher = data.axis.higher, panel.axis.higher
        # Without the ends of the staircase: those of many tasks would lie on each other.
        steps = staircase(curve.values[curve.on_front], higher, worst=(0.0, 0.0))[1:-1]
        axes.plot(
            steps[:, 0],
            steps[:, 1],
            color=style.colour,
            linestyle=style.line,
            linewidth=1.1,
            alpha=0.8,
            zorder=2.5,
        )


def _style(data: AgainstData, task: int, source: int) -> Style:
    """Tell tasks apart by colour and line, inputs by marker; alone, each by all three."""
    if len(data.inputs) == 1:
        return style_of(task)
    if len(data.tasks) == 1:
        return style_of(source)
    look, shape = style_of(task), style_of(source)
    return Style(look.colour, shape.marker, look.line, shape.hollow)


def _legend(figure: Figure, data: AgainstData) -> None:
    """Name the tasks and, if there are several, the inputs; say what is faded."""
    tasks = [task.replace("_", " ") for task in data.tasks]
    curves = data.curves
    faded = [] if all(curve.on_front.all() for curve in curves) else [faded_handle("o")]
    if len(data.inputs) > 1 and len(data.tasks) > 1:
        lines = [_line(style_of(index), name) for index, name in enumerate(tasks)]
        markers = [_marker(style_of(index), one.name) for index, one in enumerate(data.inputs)]
        legend_below(figure, [*lines, *faded], markers)
        return
    counted = []
    for curve in curves:
        name = tasks[curve.task] if len(data.inputs) == 1 else data.inputs[curve.source].name
        words = f"{name}: {curve.on_front.sum()} of {len(curve.values)} on the front"
        counted.append(style_handle(_style(data, curve.task, curve.source), words, lines=True))
    legend_below(figure, [*counted, *faded])


def _line(style: Style, words: str) -> Line2D:
    return Line2D([], [], color=style.colour, linestyle=style.line, label=shown(words))


def _marker(style: Style, words: str) -> Line2D:
    return style_handle(replace(style, colour=FADED), words, lines=False)
