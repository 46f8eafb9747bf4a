"""`paretocli plot-front`: a picture of one or several fronts, or of one point's layers."""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretocli.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paretocli.plots.against_data import Input
    from paretocli.plots.data import Series

WHAT = "What to draw"


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
            help="All tasks against one column, such as sparsity_rate or parameters_kept.",
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
    maximize: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A drawn column where higher is better, if its name does not say so; repeatable.",
            rich_help_panel=WHAT,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The picture, as .png, .svg or .pdf.",
            show_default="front.png, against-COLUMN.png, layers-POINT.png or history.png beside "
            "the first PATH",
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(help="Title of the picture.", show_default="problem and split, or point"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no hints.")] = False,
) -> None:
    """Draw Pareto fronts: losses of all objectives, or the columns that you choose.

    Two objectives: a scatter with the staircase of the front.
    Three: a view in space beside its three projections.
    Four or more: parallel coordinates.

    What is on the front is decided in the columns that are drawn.
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
    if (x is None) != (y is None):
        given, other = ("--x", "--y") if y is None else ("--y", "--x")
        raise InputError(f"{given} was given without {other}; give both columns, or neither.")
    if layers is not None:
        _refuse_together({"--layers": layers, "--split": split})
        _refuse_together({"--layers": layers, "--maximize": maximize})
        report = _draw_layers(paths, layers, out, title)
    elif history:
        _refuse_together({"--history": history, "--maximize": maximize})
        _refuse_twins(paths)
        report = _draw_history(paths, split or Split.VAL, out, title, quiet)
    else:
        _refuse_twins(paths)
        part = (split or Split.TEST).value
        chosen = set(maximize or ())
        if against is not None:
            report = _draw_against(paths, against, part, chosen, out, title, quiet)
        else:
            columns = [x, y] if x is not None and y is not None else None
            report = _draw_columns(paths, columns, part, chosen, out, title, quiet)
    typer.echo(json.dumps(report) if as_json else report["picture"])


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


def _beside(first: Path, name: str) -> Path:
    return (first if first.is_dir() else first.parent) / name


def _draw_columns(
    paths: "Sequence[Path]",
    columns: list[str] | None,
    split: str,
    maximise: set[str],
    out: Path | None,
    title: str | None,
    quiet: bool,
) -> dict[str, Any]:
    """Draw chosen columns, or the losses of all objectives; say what the picture shows."""
    from paretocli.front.results import read_results
    from paretocli.plots.data import loss_columns
    from paretocli.plots.front_figure import draw_front
    from paretocli.plots.saving import check_target

    picture = out or _beside(paths[0], "front.png")
    check_target(picture)
    results = [read_results(path) for path in paths]
    columns = columns or loss_columns(results, split)
    _refuse_strangers(maximise, columns)
    data = draw_front(results, columns, picture, title, maximise=maximise)
    if not quiet:
        _hint(data.series, [column for column in columns if column not in maximise])
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
    return {"picture": str(picture), "columns": columns, "inputs": inputs}


def _draw_against(
    paths: "Sequence[Path]",
    against: str,
    split: str,
    maximise: set[str],
    out: Path | None,
    title: str | None,
    quiet: bool,
) -> dict[str, Any]:
    """Draw all tasks against one column; say what the picture shows."""
    from paretocli.front.results import read_results
    from paretocli.plots.against_data import gather_against
    from paretocli.plots.against_figure import save_against
    from paretocli.plots.saving import check_target

    # A foreign column may hold what a file's name cannot.
    word = re.sub(r"[^\w.]+", "-", against).strip("-")
    picture = out or _beside(paths[0], f"against-{word}.png")
    check_target(picture)
    results = [read_results(path) for path in paths]
    data = gather_against(results, against, split, maximise=maximise, title=title)
    _refuse_strangers(maximise, data.columns)
    save_against(data, picture)
    if not quiet:
        _hint(data.inputs, [column for column in data.columns if column not in maximise])
    inputs = [
        {
            "name": one.name,
            "path": str(result.path),
            "points": one.points,
            "failed_points": one.failed,
            "incomplete_points": one.incomplete,
            "tasks": [
                {
                    "task": data.tasks[curve.task],
                    "column": curve.column,
                    "front_points": int(curve.on_front.sum()),
                }
                for curve in data.curves
                if curve.source == source
            ],
        }
        for source, (one, result) in enumerate(zip(data.inputs, results, strict=True))
    ]
    return {"picture": str(picture), "columns": data.columns, "inputs": inputs}


def _draw_layers(
    paths: "Sequence[Path]", point: int, out: Path | None, title: str | None
) -> dict[str, Any]:
    """Draw the layers of one point; say what the picture shows."""
    if len(paths) > 1:
        raise InputError(
            f"--layers draws a point of one run directory, but {len(paths)} paths were given; "
            f"give one."
        )
    (directory,) = paths
    from dataclasses import asdict

    from paretocli.plots.layers_data import read_layers
    from paretocli.plots.layers_figure import save_layers

    data = read_layers(directory, point, title=title)
    picture = out or directory / f"layers-{point}.png"
    save_layers(data, picture)
    return {
        "picture": str(picture),
        "path": str(directory),
        "point": point,
        "weights": data.weights,
        "sparsity": data.sparsity,
        "layers": [asdict(layer) for layer in data.layers],
    }


def _draw_history(
    paths: "Sequence[Path]", split: Split, out: Path | None, title: str | None, quiet: bool
) -> dict[str, Any]:
    """Draw how sweeps converged; say what they reached and at what cost."""
    if split is Split.TRAIN:
        raise InputError("--history draws the validation or the test split; give val or test.")
    from dataclasses import asdict

    from paretocli.front.history import read_history
    from paretocli.front.indicators import EXACT_OBJECTIVES
    from paretocli.plots.history_data import gather_histories
    from paretocli.plots.history_figure import save_histories
    from paretocli.plots.saving import check_target

    picture = out or _beside(paths[0], "history.png")
    check_target(picture)
    histories = [read_history(path) for path in paths]
    data = gather_histories(histories, split.value, exact_objectives=EXACT_OBJECTIVES, title=title)
    save_histories(data, picture)
    if not data.exact and not quiet:
        typer.echo(
            f"With more than {EXACT_OBJECTIVES} objectives hypervolumes are approximated.", err=True
        )
    return {
        "picture": str(picture),
        "split": split.value,
        "ideal": data.box.ideal.tolist(),
        "reference_point": data.box.reference_point.tolist(),
        "exact": data.exact,
        "inputs": [
            {
                "name": curve.name,
                "seeds": list(curve.seeds),
                "best_hypervolume_val": asdict(curve.best),
                "hypervolume_test_at_best": asdict(curve.test_at_best),
                "subproblem_epochs_to_target": asdict(curve.cost),
                "seconds": float(curve.seconds[-1]),
            }
            for curve in data.curves
        ],
    }


def _refuse_strangers(maximise: set[str], columns: "Sequence[str]") -> None:
    if strangers := sorted(maximise - set(columns)):
        raise InputError(
            f'--maximize names "{strangers[0]}", which is not drawn; the columns drawn are '
            f"{', '.join(columns)}."
        )


def _hint(inputs: "Sequence[Series | Input]", columns: "Sequence[str]") -> None:
    """Say on stderr what the picture leaves out, and which directions were assumed."""
    from paretocli.front.columns import direction

    for one in inputs:
        if one.failed:
            typer.echo(f"{one.name}: left out {one.failed} unfinished or failed.", err=True)
        if one.incomplete:
            typer.echo(f"{one.name}: left out {one.incomplete} with an empty cell.", err=True)
    for column in columns:
        if direction(column) is None:
            typer.echo(
                f'Assumed that lower is better for "{column}"; if not, add --maximize {column}.',
                err=True,
            )
