"""The picture of one or several fronts, from results to a file."""

from collections.abc import Collection, Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from paretocli.front.results import Results
from paretocli.plots import heat, parallel, scatter, space
from paretocli.plots.data import FrontData, gather
from paretocli.plots.layout import legend_below, margins
from paretocli.plots.saving import check_target, save
from paretocli.plots.style import RC, legend_handles


def save_front(
    results: Sequence[Results],
    columns: Sequence[str],
    path: Path,
    title: str | None = None,
    *,
    minimise: Collection[str] = (),
    maximise: Collection[str] = (),
) -> FrontData:
    """Draw the fronts of some inputs over each other and write the picture.

    Two columns make a scatter with staircases, three a view in space with its projections, up to
    seven parallel coordinates, and more a heat map.

    Args:
        results: the inputs, at least one.
        columns: m ≥ 2 names of columns; `loss_columns` names those of all objectives.
        path: where the picture goes; its suffix (png, svg, pdf) is the format.
        title: the title; by default problem and split.
        minimise: what the user says is better lower.
        maximise: the same, better higher.

    Returns:
        What the picture shows: the points of each input, and how many it left out.

    Raises:
        InputError: a column is missing or has no known direction, no point is left, or the
            picture cannot be written.
    """
    check_target(path)
    data = gather(results, columns, minimise=minimise, maximise=maximise, title=title)
    with rc_context(RC):
        save(figure_of(data), path)
    return data


def figure_of(data: FrontData) -> Figure:
    """Draw a picture without writing it."""
    count = len(data.axes)
    if count == 2:
        figure = Figure(figsize=scatter.SIZE, layout=margins())
        scatter.draw(figure, data)
    elif count == 3:
        figure = Figure(figsize=space.SIZE, layout=margins())
        space.draw(figure, data)
    elif count > heat.MOST_AXES:
        figure = Figure(figsize=heat.size_of(data), layout=margins())
        heat.draw(figure, data)
        return figure
    else:
        size = (parallel.width_of(data.axes), parallel.HEIGHT)
        figure = Figure(figsize=size, layout=margins())
        parallel.draw(figure, data)
    handles = legend_handles(data, lines=count != 3)
    legend_below(figure, [*handles, *scatter.baseline_handles(data)])
    return figure
