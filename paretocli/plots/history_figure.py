"""The picture of fronts as they converge."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paretocli.plots.history_data import Array, Converging, HistoryData
from paretocli.plots.layout import legend_below, margins
from paretocli.plots.saving import check_target, save
from paretocli.plots.style import RC, plain_ticks, shown, style_of

SIZE = (9.6, 7.4)
"""Width and height in inches."""

AXES = {"subproblem_epochs": "subproblem-epochs spent", "seconds": "seconds"}


def save_histories(data: HistoryData, path: Path) -> None:
    """Draw a picture and write it; the suffix of `path` (png, svg, pdf) is the format.

    Raises:
        InputError: The picture cannot be written.
    """
    check_target(path)
    with rc_context(RC):
        save(figure_histories(data), path)


def figure_histories(data: HistoryData) -> Figure:
    """Draw a picture without writing it: against subproblem-epochs, and against seconds.

    Above hypervolumes, below the largest holes.
    """
    figure = Figure(figsize=SIZE, layout=margins())
    (left, right), (below, other) = figure.subplots(2, 2, sharex="col", sharey="row")
    for upper, lower, cost in zip((left, right), (below, other), AXES, strict=True):
        for index, curve in enumerate(data.curves):
            _draw(upper, curve, getattr(curve, cost), curve.mean, curve.std, index)
            _draw(lower, curve, getattr(curve, cost), curve.holes, curve.holes_std, index)
        lower.set_xlabel(AXES[cost])
        for axes in (upper, lower):
            axes.set_xlim(left=0)
            axes.grid(alpha=0.25, linewidth=0.6)
            plain_ticks(axes.xaxis)
            plain_ticks(axes.yaxis)
    # Where all start, far below, says little of who is ahead.
    low = min(_start(curve) for curve in data.curves)
    high = max(float(np.nanmax(curve.mean + curve.std)) for curve in data.curves)
    room = 0.05 * (high - low) or 0.05
    left.set_ylim(low - room, high + room)
    tops = [float(np.nanmax(curve.holes + curve.holes_std)) for curve in data.curves]
    below.set_ylim(0, 1.05 * max(tops) or 0.05)
    left.set_ylabel(f"hypervolume{'' if data.exact else ' (approximated)'}, share of the box")
    whose = "true" if data.true_front else "common"
    below.set_ylabel(f"fill distance to the {whose} front, in boxes")
    figure.suptitle(textwrap.fill(data.title, 90), fontsize=12)
    legend_below(figure, [_entry(curve, index) for index, curve in enumerate(data.curves)])
    return figure


def _draw(axes: Axes, curve: Converging, spent: Array, mean: Array, std: Array, index: int) -> None:
    style, marker = style_of(index), ""
    if curve.sparse:  # a line alone would not show where it was measured, nor a single epoch at all
        there = np.isfinite(mean)
        spent, mean, std, marker = spent[there], mean[there], std[there], "."
    axes.plot(spent, mean, color=style.colour, linestyle=style.line, linewidth=1.5, marker=marker)
    if len(curve.seeds) > 1:
        axes.fill_between(
            spent,
            mean - std,
            mean + std,
            color=style.colour,
            alpha=0.18,
            linewidth=0,
        )


def _entry(curve: Converging, index: int) -> Line2D:
    style = style_of(index)
    count = len(curve.seeds)
    seeds = f" ({count} {curve.over}, ± standard deviation)" if count > 1 else ""
    return Line2D([], [], color=style.colour, linestyle=style.line, label=shown(curve.name + seeds))


def _start(curve: Converging) -> float:
    """The lower end of a curve after a twentieth of its epochs, or what is known next to that."""
    ends = curve.mean - curve.std
    late = ends[len(ends) // 20 :]
    known = late[np.isfinite(late)]
    return float(known[0] if len(known) else np.nanmax(ends))
