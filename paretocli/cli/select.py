"""`paretocli select`: one point of a front."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from paretocli.cli.options.problem_file import ProblemFile
from paretocli.cli.options.signature import with_options
from paretocli.cli.options.splits import Split
from paretocli.printing import say

RULE = "How to choose (one of these)"


@with_options("data_dir", after="interactive")
def select(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A run directory, or its results.csv.", show_default=False
        ),
    ],
    *,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help='What the point has to fulfil, such as "accuracy_left >= 0.97"; repeatable. A '
            "name without a split means that of --on.",
        ),
    ] = None,
    knee: Annotated[
        bool,
        typer.Option(
            "--knee", help="The point that bulges farthest to the ideal.", rich_help_panel=RULE
        ),
    ] = False,
    closest_to: Annotated[
        str | None,
        typer.Option(
            metavar="WEIGHTS",
            help="The point with the nearest weights, such as 0.2,0.8.",
            rich_help_panel=RULE,
        ),
    ] = None,
    minimize: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="The point with the least of a column, such as size (of the exported network).",
            rich_help_panel=RULE,
        ),
    ] = None,
    maximize: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="The point with the most of a column.", rich_help_panel=RULE
        ),
    ] = None,
    interactive: Annotated[
        bool,
        typer.Option(
            "--interactive",
            "-i",
            help="Narrow the front down in a dialogue, or move along it: points are trained if "
            "you agree.",
            rich_help_panel=RULE,
        ),
    ] = False,
    problem: ProblemFile = None,
    on: Annotated[Split, typer.Option(help="The split that decides.")] = Split.VAL,
    as_json: Annotated[bool, typer.Option("--json", help="Print the point as JSON.")] = False,
    **given: Any,
) -> None:
    """Pick a point of a sweep's front, and see what a step along the front costs there.

    By the point's multipliers, where its certificate is good, and by the points beside it.

    Points are chosen by the validation data and reported on the test data, unless told otherwise.

    Examples:
      paretocli select runs/multimnist --knee

      paretocli select runs/multimnist --where "accuracy_left >= 97 %" --minimize size

      paretocli select runs/multimnist --closest-to 0.1,0.3,0.6 --json

      paretocli select runs/multimnist --interactive
    """
    import numpy as np

    from paretocli.cli.point_tables import points_as_json
    from paretocli.cli.selection_report import selection_report
    from paretocli.directories import default_data_dir
    from paretocli.errors import InputError
    from paretocli.front.exchange import Exchange
    from paretocli.front.results import read_results
    from paretocli.front.selection import front_of, parse_condition
    from paretocli.library.choosing import chosen_by, matching, refuse_several

    rule: dict[str, Any] = {
        "knee": knee,
        "closest_to": closest_to,
        "minimize": minimize,
        "maximize": maximize,
    }
    refuse_several({**rule, "interactive": interactive})
    if problem is not None and not interactive:
        raise InputError(
            "--problem is for points that are trained, in the dialogue; give --interactive too, or "
            "leave it out."
        )
    results = read_results(path)
    mask, left_out = front_of(results, on.value)
    front = np.flatnonzero(mask).tolist()
    rows, unjudged = matching(results, front, where or [], on.value)
    notes: list[str] = []
    if interactive:
        from paretocli.cli.dialogue import Dialogue
        from paretocli.cli.moving import Training

        data_dir = Path(given["data_dir"] or default_data_dir()).absolute()
        # Another table that lies there is not the sweep's.
        whole = path if path.is_dir() or path.name != "results.csv" else path.parent
        training = Training(whole, problem, data_dir)
        conditions = [parse_condition(text, results, on.value) for text in where or []]
        results, chosen = Dialogue(results, rows, on.value, conditions, training).choose()
        mask, left_out = front_of(results, on.value)
        front = np.flatnonzero(mask).tolist()
    else:
        chosen, notes, incomplete = chosen_by(results, rows, on.value, **rule)
        unjudged.append(incomplete)
    without = [left_out, *unjudged]
    for one in without:
        if one.points:
            say(f"{results.source}: {one}.", err=True)
    if as_json:
        (content,) = points_as_json(results, [chosen])
        left_out_points = sorted({point for one in without for point in one.points})
        rates = Exchange(results, front, on.value).at(chosen).as_plain()
        say(
            json.dumps(
                {**content, "left_out_points": left_out_points, "exchange_rates": rates}, indent=2
            )
        )
        return
    say(selection_report(results, front, chosen, on.value))
    for note in notes:
        say(note, err=True)
