"""`paretocli plot-front`: a picture of one or several fronts, or of one point's layers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paretocli.cli.options.directions import Maximize, Minimize
from paretocli.cli.options.splits import Split
from paretocli.errors import InputError
from paretocli.library.drawing import (
    Better,
    Drawn,
    draw_against,
    draw_columns,
    draw_history,
    draw_layers,
    draw_page,
)
from paretocli.printing import say

if TYPE_CHECKING:
    from collections.abc import Sequence


WHAT = "What to draw"


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
    x: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column for the x axis; needs --y.", rich_help_panel=WHAT
        ),
    ] = None,
    y: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column for the y axis; needs --x.", rich_help_panel=WHAT
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="All tasks against one column, such as size (that of the exported network) or "
            "sparsity_rate.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    layers: Annotated[
        int | None,
        typer.Option(
            metavar="POINT",
            help="What is left of each layer of one point, by its number in the one PATH.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    history: Annotated[
        bool,
        typer.Option(
            "--history",
            help="How the hypervolume converged, against what was spent; sweeps that differ in "
            "their seed alone make one curve with a band.",
            rich_help_panel=WHAT,
        ),
    ] = False,
    split: Annotated[
        Split | None,
        typer.Option(
            help="Whose losses or metrics to draw, where --x and --y do not say so.",
            show_default="test",
            rich_help_panel=WHAT,
        ),
    ] = None,
    minimize: Minimize = None,
    maximize: Maximize = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture, as .png, .svg or .pdf.",
            show_default="front.png, against-COLUMN.png, layers-POINT.png or history.png beside "
            "the first PATH",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="An interactive page, one file that works offline: instead of a picture, or "
            "beside one with --out. Needs the extra html.",
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(
            help="Title of the picture or page.", show_default="problem and split, or point"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no hints.")] = False,
) -> None:
    """Draw Pareto fronts: losses of all objectives, or the columns that you choose.

    Two objectives: a scatter with the staircase of the front.
    Three: a view in space beside its three projections.
    Four or more: parallel coordinates.

    What is on the front is decided in the columns that are drawn; on a page, where they change, in
    the losses of all objectives.
    """
    pair = x if y is None else y
    _refuse_together(
        {
            "--against": against,
            "--layers": layers,
            "--x and --y": pair,
            "--history": history or None,
        }
    )
    others = {"--against": against, "--layers": layers, "--history": history or None}
    for name, value in others.items():
        _refuse_together({"--html": html, name: value})
    if (x is None) != (y is None):
        given, other = ("--x", "--y") if y is None else ("--y", "--x")
        raise InputError(f"{given} was given without {other}; give both columns, or neither.")
    if layers is not None:
        _refuse_together({"--layers": layers, "--split": split})
        _refuse_together({"--layers": layers, "--minimize": minimize})
        _refuse_together({"--layers": layers, "--maximize": maximize})
        drawn = draw_layers(paths, layers, out, title)
    elif history:
        _refuse_together({"--history": history, "--minimize": minimize})
        _refuse_together({"--history": history, "--maximize": maximize})
        _refuse_twins(paths)
        drawn = draw_history(paths, (split or Split.VAL).value, out, title)
    else:
        _refuse_twins(paths)
        part = (split or Split.TEST).value
        better = Better(set(minimize or ()), set(maximize or ()))
        if against is not None:
            drawn = draw_against(paths, against, part, better, out, title)
        else:
            columns = [x, y] if x is not None and y is not None else None
            drawn = _draw(paths, columns, part, better, out, html, title)
    for hint in [] if quiet else drawn.hints:
        say(hint, err=True)
    report = drawn.report
    files = [report[kind] for kind in ("picture", "page") if kind in report]
    say(json.dumps(report) if as_json else "\n".join(files))


def _draw(
    paths: "Sequence[Path]",
    columns: list[str] | None,
    split: str,
    better: Better,
    out: Path | None,
    html: Path | None,
    title: str | None,
) -> Drawn:
    """Draw columns as a picture, as a page, or as both: then the page comes with no new hints."""
    if html is None:
        return draw_columns(paths, columns, split, better, out, title)
    if out is None:
        return draw_page(paths, columns, split, better, html, title)
    from paretocli.plots.page_file import check_page

    check_page(html)
    picture = draw_columns(paths, columns, split, better, out, title)
    page = draw_page(paths, columns, split, better, html, title)
    return Drawn({**page.report, **picture.report}, picture.hints)


def _refuse_together(options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value is not None and value != []]
    if len(given) > 1:
        raise InputError(f"{given[0]} does not go with {given[1]}; give one of them.")


def _refuse_twins(paths: "Sequence[Path]") -> None:
    seen: set[Path] = set()
    for path in paths:
        # A run directory and the results.csv in it are the same input.
        real = path.resolve() / "results.csv" if path.is_dir() else path.resolve()
        if real in seen:
            raise InputError(f"{path} was given twice; give each input once.")
        seen.add(real)
