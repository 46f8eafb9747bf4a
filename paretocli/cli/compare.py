"""`paretocli compare`: whose fronts are better."""

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from paretocli.cli.options.directions import Maximize, Minimize
from paretocli.cli.options.splits import HeldOut
from paretocli.errors import InputError
from paretocli.printing import say

MEASURE = "What is measured"
TABLE = ("Table", "--csv")


def compare(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...",
            help="Run directories of sweeps; those that differ in their seed, or in --set fold, "
            "alone are one method.",
            show_default=False,
        ),
    ],
    *,
    on: Annotated[
        HeldOut, typer.Option(help="The split that is measured on.", rich_help_panel=MEASURE)
    ] = HeldOut.VAL,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Columns of results.csv, such as accuracy_left,size; a name without a "
            "split means that of --on.",
            show_default="the objectives' losses",
            rich_help_panel=MEASURE,
        ),
    ] = None,
    minimize: Minimize = None,
    maximize: Maximize = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="The reference point of the hypervolume.",
            show_default="that stored in the first DIR; with --columns a tenth beyond the nadir "
            "of the common front",
            rich_help_panel=MEASURE,
        ),
    ] = None,
    ideal: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="The ideal, where the box of the hypervolume begins.",
            show_default="stored, or of the common front, likewise",
            rich_help_panel=MEASURE,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A picture, as .png, .svg or .pdf: what each method attains for two objectives, "
            "its figures for more.",
            show_default="none",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv", metavar="FILE", help="A table with one row a sweep.", show_default="none"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no hints.")] = False,
) -> None:
    """Compare the fronts of several methods, over their seeds and folds.

    Hypervolume is the share of the box from the ideal to the reference point.
    IGD+, additive ε and span go by the reference set: the points that no point
    of any sweep compared here beats. Fill distance, the largest hole, goes by
    the true front where the problem's is known, else by the same points.
    Objectives are scaled to the box for them.
    The hypervolume of each method is tested against that of the first, over
    seeds; folds share training data, which no such test allows for.
    A last table has each task's best by its own metric beside the baselines that
    the sweeps keep; the networks of --solver single, joined, are one.

    Examples:
      paretocli compare runs/chebyshev-* runs/linear-* --on test

      paretocli compare runs/* --columns accuracy_left,size --out picture.png
    """
    from paretocli.cli.baselines_text import baselines_notes, baselines_table
    from paretocli.cli.compare_files import comparison_as_json
    from paretocli.cli.compare_report import comparison_hints, comparison_report
    from paretocli.front.baselines_compared import beside_all
    from paretocli.library.comparing import compared
    from paretocli.outputs import check_output, write_output

    if out is not None:
        from paretocli.plots.saving import check_target

        check_target(out)
    if csv is not None:
        check_output(csv, *TABLE)
    found = compared(
        paths,
        on=on.value,
        columns=None if columns is None else [name.strip() for name in columns.split(",")],
        minimize=minimize or (),
        maximize=maximize or (),
        ideal=_numbers(ideal, "--ideal"),
        reference=_numbers(reference, "--reference"),
    )
    if csv is not None:
        write_output(csv, found.table().to_csv(index=False).encode(), *TABLE)
    if out is not None:
        from paretocli.plots.comparison_figure import save_comparison

        save_comparison(found, out)
    beside = beside_all(found)
    if as_json:
        say(json.dumps(comparison_as_json(found, beside, picture=out, csv=csv), indent=2))
    else:
        say(comparison_report(found, on.value))
        if beside is not None:
            say(f"\n{baselines_table(beside, on.value)}\n\n{baselines_notes(beside)}")
        for file in filter(None, (out, csv)):
            say(f"Written: {file}")
    if not quiet:
        for hint in comparison_hints(found):
            say(hint, err=True)


def _numbers(text: str | None, option: str) -> list[float] | None:
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise InputError(
            f"{option} should be numbers separated by commas, as in {option} 1,1; found {text}."
        )
    return numbers
