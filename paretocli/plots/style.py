"""How an input looks: told apart by colour, by marker and by line, so that one is enough."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axis import Axis as MplAxis
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullLocator, ScalarFormatter

from paretocli.plots.data import Axis, FrontData, Series
from paretocli.plots.numbers import format_size, log_places

Dashes = Literal["-", "--", "-.", ":"] | tuple[int, tuple[float, ...]]

# Okabe, Ito: *Color Universal Design*; without its yellow, which is too pale on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
_MARKERS = ("o", "s", "^", "D", "v")
_DASHES: tuple[Dashes, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))

FADED = "#8a8a8a"
RC: dict[Any, Any] = {
    "font.size": 10.0,
    "axes.titlesize": 12.0,
    "axes.labelsize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a dollar in somebody's file name is no formula
    "svg.hashsalt": "paretocli",  # the same data gives the same file
}


@dataclass(frozen=True)
class Style:
    """The look of one input.

    Attributes:
        colour: as a hexadecimal number.
        marker: matplotlib's letter for it.
        line: how its lines are dashed.
        hollow: whether its markers are outlines, through which the input below can be seen.
    """

    colour: str
    marker: str
    line: Dashes
    hollow: bool

    def marker_look(self, count: int) -> dict[str, Any]:
        """Face and edge for `count` markers; an edge in white parts them while they are few."""
        if self.hollow:
            width = 1.4 if count <= 200 else 0.8
            return {"facecolors": "none", "edgecolors": self.colour, "linewidths": width}
        width = 0.6 if count <= 200 else 0.0
        return {"facecolors": self.colour, "edgecolors": "white", "linewidths": width}


def style_of(index: int) -> Style:
    """Look of the input number `index`; the first 140 all differ."""
    return Style(
        _COLOURS[index % len(_COLOURS)],
        _MARKERS[index % len(_MARKERS)],
        _DASHES[index % len(_DASHES)],
        hollow=index % 2 == 1,
    )


def marker_area(count: int) -> float:
    """Area of a marker in square points: smaller the more points there are."""
    return 44.0 if count <= 40 else 26.0 if count <= 200 else 12.0


def faded_alpha(count: int) -> float:
    """Opacity of a dominated point: many of them overlap, and must not drown the front."""
    return 0.5 if count <= 60 else 0.35 if count <= 400 else 0.22


def plain_ticks(axis: MplAxis, count: int = 6) -> None:
    """Print whole numbers at the ticks.

    An offset in the corner, as matplotlib adds for a narrow range, is easily overlooked.
    """
    formatter = ScalarFormatter(useOffset=False)
    formatter.set_powerlimits((-4, 6))
    axis.set_major_formatter(formatter)
    axis.set_major_locator(MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10], min_n_ticks=2))


def log_ticks(axis: MplAxis, low: float, high: float) -> None:
    """Print round numbers at the ticks of a logarithmic axis that goes from `low` to `high`."""
    places = log_places(low, high)
    axis.set_minor_locator(NullLocator())
    axis.set_ticks(places, [format_size(place) for place in places])


def log_limits_of(axis: Axis, margin: float = 0.06) -> tuple[float, float]:
    """Ends of a logarithmic axis, with some room around the points, also when they are equal."""
    ratio = axis.high / axis.low
    room = ratio**margin if ratio > 1 + 1e-12 else 1.1
    return axis.low / room, axis.high * room


def limits_of(axis: Axis, margin: float = 0.06) -> tuple[float, float]:
    """Ends of an axis, with some room around the points, also when all of them are equal."""
    size = max(abs(axis.low), abs(axis.high))
    span = axis.high - axis.low
    if span <= 1e-12 * size or span == 0:
        room = 0.1 * size or 1.0
        return axis.low - room, axis.high + room
    return axis.low - margin * span, axis.high + margin * span


def legend_handles(data: FrontData, *, lines: bool) -> list[Line2D]:
    """Entries of the legend: every input, then one for all dominated points."""
    handles = [
        style_handle(style_of(index), _entry(one, data.axes), lines=lines)
        for index, one in enumerate(data.series)
    ]
    if not all(one.on_front.all() for one in data.series):
        handles.append(faded_handle(style_of(0).marker if len(data.series) == 1 else "o"))
    return handles


def style_handle(style: Style, words: str, *, lines: bool) -> Line2D:
    """Entry of a legend for a look, with or without its line."""
    return Line2D(
        [],
        [],
        color=style.colour,
        marker=style.marker,
        linestyle=style.line if lines else "none",
        markerfacecolor="none" if style.hollow else style.colour,
        markeredgecolor=style.colour if style.hollow else "white",
        markeredgewidth=1.4 if style.hollow else 0.6,
        markersize=7,
        label=shown(words),
    )


def faded_handle(marker: str) -> Line2D:
    """Entry of a legend for all dominated points."""
    return Line2D(
        [],
        [],
        color=FADED,
        marker=marker,
        linestyle="none",
        alpha=0.6,
        markersize=5,
        markeredgewidth=0,
        label="faded: dominated",
    )


def _entry(series: Series, axes: Sequence[Axis]) -> str:
    count, front = len(series.values), int(series.on_front.sum())
    entry = f"{series.name}: {front} of {count} on the front"
    places = distinct_places(series.values[series.on_front], axes)
    if 2 * places <= front:
        # Markers on top of each other look like one: say that there are more.
        entry += f", at {places} {'place' if places == 1 else 'places'}"
    return entry


def shown(entry: str) -> str:
    """Wrap the words of a legend; matplotlib leaves out an entry that starts with an underscore."""
    return textwrap.fill(f" {entry}" if entry.startswith("_") else entry, 88)


def distinct_places(values: npt.NDArray[np.float64], axes: Sequence[Axis]) -> int:
    """Count the places where points (N, m) can be told apart: a thousandth of an axis away."""
    span = np.array([axis.high - axis.low for axis in axes])
    rest = values / np.where(span == 0, 1.0, span)
    places = 0
    while len(rest):
        rest = rest[(np.abs(rest - rest[0]) > 1e-3).any(axis=1)]
        places += 1
    return places
