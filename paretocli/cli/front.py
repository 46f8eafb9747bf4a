"""`paretocli front`: the points that nothing beats."""

import json
from pathlib import Path
from typing import Annotated

import typer

from paretocli.cli.options.splits import Split
from paretocli.printing import say

Where = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="A run directory, or its results.csv.", show_default=False),
]
On = Annotated[Split, typer.Option(help="The split whose losses decide.")]


def front(
    path: Where,
    *,
    on: On = Split.VAL,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print the points as JSON, with what a step costs there."),
    ] = False,
) -> None:
    """List the points of a sweep that no other one beats in all objectives.

    Examples:
      paretocli front runs/multimnist

      paretocli front runs/multimnist --on test --json
    """
    import numpy as np

    from paretocli.cli.baselines_text import baselines_text
    from paretocli.cli.point_tables import points_as_json, points_table
    from paretocli.front.columns import MEASURED
    from paretocli.front.exchange import Exchange
    from paretocli.front.kept import kept_among
    from paretocli.front.results import read_results
    from paretocli.front.selection import front_of
    from paretocli.front.unmeasured import unmeasured, unmeasured_text

    results = read_results(path)
    mask, left_out = front_of(results, on.value)
    rows = np.flatnonzero(mask)
    if left_out.points:
        say(f"{results.source}: {left_out}.", err=True)
    if missing := unmeasured(results, MEASURED, rows.tolist()):
        say(unmeasured_text(missing, results), err=True)
    if as_json:
        exchange = Exchange(results, rows.tolist(), on.value)
        points = [
            {**point, "exchange_rates": exchange.at(row).as_plain()}
            for point, row in zip(points_as_json(results, rows), rows.tolist(), strict=True)
        ]
        say(json.dumps(points, indent=2))
        return
    say(points_table(results, rows))
    failed = f"; {results.failed} failed" if results.failed else ""
    say(
        f"\n{len(rows)} of {len(results.frame)} points are on the front of the losses on "
        f"{on.value}{failed}."
    )
    for text in baselines_text(results):
        say(f"\n{text}")
    if kept := kept_among(results, rows.tolist()):
        say(f"Kept epochs of others: {', '.join(f'{a} (of {b})' for a, b in kept.items())}.")
