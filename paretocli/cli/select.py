"""`paretocli select`: one point of a front."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretocli.cli.options.splits import Split
from paretocli.errors import InputError
from paretocli.printing import say

if TYPE_CHECKING:
    from paretocli.front.complete import LeftOut
    from paretocli.front.results import Results

RULE = "How to choose (one of these)"


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
            "--interactive", "-i", help="Narrow the front down in a dialogue.", rich_help_panel=RULE
        ),
    ] = False,
    on: Annotated[Split, typer.Option(help="The split that decides.")] = Split.VAL,
    as_json: Annotated[bool, typer.Option("--json", help="Print the point as JSON.")] = False,
) -> None:
    """Pick a point of a sweep's front, and see what the points beside it would cost.

    Points are chosen by the validation data and reported on the test data, unless told otherwise.

    Examples:
      paretocli select runs/multimnist --knee

      paretocli select runs/multimnist --where "accuracy_left >= 97 %" --minimize size

      paretocli select runs/multimnist --closest-to 0.1,0.3,0.6 --json
    """
    import numpy as np

    from paretocli.cli.point_tables import points_as_json
    from paretocli.cli.selection_report import selection_report
    from paretocli.front.results import read_results
    from paretocli.front.selection import front_of

    rules = {
        "--knee": knee or None,
        "--closest-to": closest_to,
        "--minimize": minimize,
        "--maximize": maximize,
        "--interactive": interactive or None,
    }
    given = [name for name, value in rules.items() if value is not None]
    if len(given) > 1:
        raise InputError(f"{given[0]} does not go with {given[1]}; give one of them.")
    results = read_results(path)
    mask, left_out = front_of(results, on.value)
    front = np.flatnonzero(mask).tolist()
    rows, unjudged = _matching(results, front, where or [], on.value)
    notes: list[str] = []
    if interactive:
        from paretocli.cli.dialogue import choose

        chosen = choose(results, rows, on.value)
    else:
        chosen, notes, incomplete = _chosen(results, rows, rules, on.value)
        unjudged.append(incomplete)
    without = [left_out, *unjudged]
    for one in without:
        if one.points:
            say(f"{results.source}: {one}.", err=True)
    if as_json:
        (content,) = points_as_json(results, [chosen])
        left_out_points = sorted({point for one in without for point in one.points})
        say(json.dumps({**content, "left_out_points": left_out_points}, indent=2))
        return
    say(selection_report(results, front, chosen, on.value))
    for note in notes:
        say(note, err=True)


def _matching(
    results: "Results", rows: list[int], where: list[str], split: str
) -> "tuple[list[int], list[LeftOut]]":
    """The rows that fulfil all conditions, and the points that lack a number for one."""
    import numpy as np

    from paretocli.front.selection import fulfilling, parse_condition

    without = []
    for text in where:
        condition = parse_condition(text, results, split)
        left, left_out = fulfilling(results, rows, condition)
        without.append(left_out)
        if not left:
            values = results.values([condition.column])[rows, 0]
            values = values[np.isfinite(values)]
            raise InputError(
                f"No point of the front fulfils {condition} (where the conditions before hold, "
                f"{condition.column} is from {values.min():.4g} to {values.max():.4g}); loosen it."
            )
        rows = left
    return rows, without


def _chosen(
    results: "Results", rows: list[int], rules: dict[str, Any], split: str
) -> "tuple[int, list[str], LeftOut]":
    """The row that the rule picks, notes on it, and the points that it cannot judge."""
    import numpy as np

    from paretocli.front.complete import LeftOut, complete_rows
    from paretocli.front.selection import closest, find_column, knee, losses_of, only_one
    from paretocli.planning.preferences import parse_weights

    if rules["--knee"]:
        row, bulge = knee(losses_of(results, split)[rows])
        flat = "The front does not bulge towards the ideal: this point is no better than an end."
        return rows[row], [] if bulge > 0 or len(rows) == 1 else [flat], LeftOut()
    if rules["--closest-to"]:
        names = results.objectives
        wanted = parse_weights(rules["--closest-to"], names, "--closest-to")
        columns = [f"weight_{name}" for name in names]
        mask, left_out = complete_rows(results, columns, rows)
        judged = np.flatnonzero(mask)
        return int(judged[closest(results.values(columns)[judged], wanted)]), [], left_out
    for rule, sign in (("--minimize", 1), ("--maximize", -1)):
        if rules[rule]:
            column = find_column(results, rules[rule], split)
            mask, left_out = complete_rows(results, [column], rows)
            judged = np.flatnonzero(mask)
            values = sign * results.values([column])[judged, 0]
            return int(judged[values.argmin()]), [], left_out
    return only_one(results, rows), [], LeftOut()
