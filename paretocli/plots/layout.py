"""The page around the axes: its margins and its legend."""

from collections.abc import Sequence
from itertools import zip_longest

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath

_SHORT = 46
"""Characters of a label that still stands beside another one."""


def margins() -> ConstrainedLayoutEngine:
    """Leave a tenth of an inch around everything."""
    return ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)


def inches_of(line: str) -> float:
    """How wide a line of text is."""
    size = FontProperties(size=rcParams["font.size"])
    return float(TextPath((0, 0), line, prop=size).get_extents().width) / 72


def legend_below(figure: Figure, left: Sequence[Line2D], right: Sequence[Line2D] = ()) -> None:
    """Put a legend below the axes: inside, it would sooner or later lie on somebody's points.

    Args:
        figure: the picture.
        left: entries; without any at the right they fill two columns, if they are short.
        right: entries that have a column of their own, if all are short.
    """
    handles = [*left, *right]
    short = max(len(str(one.get_label())) for one in handles) < _SHORT
    if short and right:
        # A legend is filled downwards, column by column, so the shorter column is filled up.
        pairs = list(zip_longest(left, right, fillvalue=Line2D([], [], linestyle="", label=" ")))
        handles = [one for column in zip(*pairs, strict=True) for one in column]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=2 if short else 1,
        frameon=False,
        fontsize=9.5,
    )
