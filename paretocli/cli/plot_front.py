"""`paretocli plot-front`: a picture of one or several fronts, or of one point's layers."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretocli.cli.options.directions import Maximize, Minimize
from paretocli.cli.options.signature import taking
from paretocli.cli.options.splits import Split
from paretocli.library.drawing import Better, Drawn
from paretocli.library.page_drawing import draw_page
from paretocli.library.picture_kinds import (
    PANEL,
    PICTURES,
    asked_for,
    draw,
    refuse_together,
    refuse_twins,
    two_columns,
)
from paretocli.printing import say
from paretocli.registries import enumerated

if TYPE_CHECKING:
    from collections.abc import Sequence


FILES = ["front.png", *(kind.file for kind in PICTURES.values())]


@taking([kind.option for kind in PICTURES.values()], after="y")
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
            metavar="COLUMN", help="Column for the x axis; needs --y.", rich_help_panel=PANEL
        ),
    ] = None,
    y: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column for the y axis; needs --x.", rich_help_panel=PANEL
        ),
    ] = None,
    split: Annotated[
        Split | None,
        typer.Option(
            help="Whose losses or metrics to draw, where --x and --y do not say so.",
            show_default="test",
            rich_help_panel=PANEL,
        ),
    ] = None,
    minimize: Minimize = None,
    maximize: Maximize = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture, as .png, .svg or .pdf.",
            show_default=f"{enumerated(FILES)} beside the first PATH",
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
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="With --html: write the page anew as points are finished, until the sweep ends or "
            "Ctrl-C. An open page reloads itself.",
        ),
    ] = False,
    title: Annotated[
        str | None,
        typer.Option(
            help="Title of the picture or page.", show_default="problem and split, or point"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no hints.")] = False,
    **given: Any,
) -> None:
    """Draw Pareto fronts, as a sweep does when it ends.

    Where size is an objective: all tasks against the size of the network.
    Else, and with --losses, the losses of all objectives.
    Two are a scatter with the staircase of the front.
    Three: a view in space beside its three projections.
    Four to seven: parallel coordinates.
    More: a heat map, a column of it for each point, the best on average first.

    What is on the front is decided in the columns that are drawn; on a page,
    where they change, in the losses of all objectives.
    """
    for name in asked_for(given):
        refuse_together({"--html": html, f"--{name}": given[name]})
    better = {"minimize": minimize or (), "maximize": maximize or ()}
    asked: dict[str, Any] = {"x": x, "y": y, "split": split and split.value, "better": better}
    if follow:
        drawn = _following(paths, asked, html, out, title, quiet=quiet)
    elif html is None:
        drawn = draw(paths, given, **asked, out=out, title=title)
    else:
        drawn = _with_page(paths, given, asked, html, out, title)
    for hint in [] if quiet else drawn.hints:
        say(hint, err=True)
    report = drawn.report
    files = [report[kind] for kind in ("picture", "page") if kind in report]
    say(json.dumps(report) if as_json else "\n".join(files))


def _following(
    paths: "Sequence[Path]",
    asked: dict[str, Any],
    html: Path | None,
    out: Path | None,
    title: str | None,
    *,
    quiet: bool,
) -> Drawn:
    """Draw a page whenever there is something new, until all sweeps have ended."""
    from paretocli.errors import InputError
    from paretocli.library.following import follow
    from paretocli.plots.page_file import check_page

    if html is None:
        raise InputError("--follow rewrites a page; name its file with --html.")
    refuse_together({"--follow": True, "--out": out})
    check_page(html)
    refuse_twins(paths)
    columns = two_columns(asked["x"], asked["y"])
    better = Better(*(set(names) for names in asked["better"].values()))
    split = asked["split"] or "test"
    return follow(
        paths,
        lambda ready, reload: draw_page(ready, columns, split, better, html, title, reload),
        lambda words: None if quiet else say(words, err=True),
    )


def _with_page(
    paths: "Sequence[Path]",
    kinds: dict[str, Any],
    asked: dict[str, Any],
    html: Path,
    out: Path | None,
    title: str | None,
) -> Drawn:
    """Draw a page, and a picture beside it where that is asked for: its hints are the page's."""
    from paretocli.plots.page_file import check_page

    check_page(html)
    refuse_twins(paths)
    picture = None if out is None else draw(paths, kinds, **asked, out=out, title=title)
    columns = two_columns(asked["x"], asked["y"])
    better = Better(*(set(names) for names in asked["better"].values()))
    page = draw_page(paths, columns, asked["split"] or "test", better, html, title)
    if picture is None:
        return page
    return Drawn({**page.report, **picture.report}, picture.hints)
