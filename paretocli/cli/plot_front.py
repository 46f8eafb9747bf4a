"""`paretocli plot-front`: a picture of one or several fronts."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretocli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paretocli.front.results import Results
    from paretocli.plots.data import FrontData


class Split(StrEnum):
    """The part of the data that a figure was measured on."""

    TEST = "test"
    VAL = "val"
    TRAIN = "train"


def plot_front(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="Run directories or CSV files; several are drawn over each other.",
            show_default=False,
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture, as .png, .svg or .pdf.",
            show_default="front.png beside the first PATH",
        ),
    ] = None,
    x: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column for the x axis; needs --y.")
    ] = None,
    y: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column for the y axis; needs --x.")
    ] = None,
    split: Annotated[
        Split, typer.Option(help="Whose losses to draw, where no columns are chosen.")
    ] = Split.TEST,
    maximize: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A drawn column where higher is better, if its name does not say so; repeatable.",
        ),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Title of the picture.", show_default="problem and split")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no hints.")] = False,
) -> None:
    """Draw Pareto fronts: losses of all objectives, or any two columns.

    Two objectives: a scatter with the staircase of the front.
    Three: a view in space beside its three projections.
    Four or more: parallel coordinates.

    What is on the front is decided in the columns that are drawn.
    """
    if (x is None) != (y is None):
        given, other = ("--x", "--y") if y is None else ("--y", "--x")
        raise InputError(f"{given} was given without {other}; give both columns, or neither.")
    _refuse_twins(paths)
    picture = out or _default_picture(paths[0])

    from paretocli.front.results import read_results
    from paretocli.plots.data import loss_columns
    from paretocli.plots.front_figure import draw_front
    from paretocli.plots.saving import check_target

    check_target(picture)
    results = [read_results(path) for path in paths]
    columns = [x, y] if x is not None and y is not None else loss_columns(results, split.value)
    chosen = set(maximize or ())
    if strangers := sorted(chosen - set(columns)):
        raise InputError(
            f'--maximize names "{strangers[0]}", which is not drawn; the columns drawn are '
            f"{', '.join(columns)}."
        )
    data = draw_front(results, columns, picture, title, maximise=chosen)
    if not quiet:
        _hint(data, [column for column in columns if column not in chosen])
    _report(picture, data, results, as_json)


def _default_picture(first: Path) -> Path:
    return (first if first.is_dir() else first.parent) / "front.png"


def _refuse_twins(paths: "Sequence[Path]") -> None:
    seen: set[Path] = set()
    for path in paths:
        # A run directory and the results.csv in it are the same input.
        real = path.resolve() / "results.csv" if path.is_dir() else path.resolve()
        if real in seen:
            raise InputError(f"{path} was given twice; give each input once.")
        seen.add(real)


def _hint(data: "FrontData", columns: "Sequence[str]") -> None:
    """Say on stderr what the picture leaves out, and which directions were assumed."""
    from paretocli.front.columns import direction

    for series in data.series:
        if series.failed:
            typer.echo(f"{series.name}: left out {series.failed} unfinished or failed.", err=True)
        if series.incomplete:
            typer.echo(f"{series.name}: left out {series.incomplete} with an empty cell.", err=True)
    for column in columns:
        if direction(column) is None:
            typer.echo(
                f'Assumed that lower is better for "{column}"; if not, add --maximize {column}.',
                err=True,
            )


def _report(picture: Path, data: "FrontData", results: "Sequence[Results]", as_json: bool) -> None:
    """Print the picture's path, or with it what it shows, to stdout."""
    if not as_json:
        typer.echo(picture)
        return
    import json

    inputs = [
        {
            "name": series.name,
            "path": str(result.path),
            "points": len(series.values),
            "front_points": int(series.on_front.sum()),
            "failed_points": series.failed,
            "incomplete_points": series.incomplete,
        }
        for series, result in zip(data.series, results, strict=True)
    ]
    columns = [axis.column for axis in data.axes]
    typer.echo(json.dumps({"picture": str(picture), "columns": columns, "inputs": inputs}))
