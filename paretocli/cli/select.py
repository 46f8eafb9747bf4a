"""`paretocli select`: one point of a front."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paretocli.cli.options.splits import Split
from paretocli.errors import InputError

if TYPE_CHECKING:
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
            help="The point with the least of a column, such as parameters_kept.",
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

      paretocli select runs/multimnist --where "accuracy_left >= 97 %" --minimize parameters_kept

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
    front = np.flatnonzero(front_of(results, on.value)).tolist()
    rows = _matching(results, front, where or [], on.value)
    notes: list[str] = []
    if interactive:
        from paretocli.cli.dialogue import choose

        chosen = choose(results, rows, on.value)
    else:
        chosen, notes = _chosen(results, rows, rules, on.value)
    if as_json:
        (content,) = points_as_json(results, [chosen])
        typer.echo(json.dumps(content, indent=2))
        return
    typer.echo(selection_report(results, front, chosen, on.value))
    for note in notes:
        typer.echo(note, err=True)


def _matching(results: "Results", rows: list[int], where: list[str], split: str) -> list[int]:
    from paretocli.front.selection import parse_condition

    for text in where:
        condition = parse_condition(text, results, split)
        holds = condition.holds(results)
        left = [row for row in rows if holds[row]]
        if not left:
            values = results.frame[condition.column].iloc[rows]
            raise InputError(
                f"No point of the front fulfils {condition} (where the conditions before hold, "
                f"{condition.column} is from {values.min():.4g} to {values.max():.4g}); loosen it."
            )
        rows = left
    return rows


def _chosen(
    results: "Results", rows: list[int], rules: dict[str, Any], split: str
) -> tuple[int, list[str]]:
    """The row that the rule picks, and notes on it."""
    import numpy as np

    from paretocli.front.selection import closest, find_column, knee, losses_of, only_one
    from paretocli.preferences import parse_weights

    if rules["--knee"]:
        row, bulge = knee(losses_of(results, split)[rows])
        flat = "The front does not bulge towards the ideal: this point is no better than an end."
        return rows[row], [] if bulge > 0 or len(rows) == 1 else [flat]
    if rules["--closest-to"]:
        names = results.objectives
        wanted = parse_weights(rules["--closest-to"], names, "--closest-to")
        weights = results.values([f"weight_{name}" for name in names])
        return rows[closest(weights[rows], wanted)], []
    for rule, sign in (("--minimize", 1), ("--maximize", -1)):
        if rules[rule]:
            column = find_column(results, rules[rule], split)
            values = sign * results.values([column])[rows, 0]
            if np.isnan(values).all():
                raise InputError(f"Column {column} is empty for these points; choose another.")
            return rows[int(np.nanargmin(values))], []
    return only_one(results, rows), []
