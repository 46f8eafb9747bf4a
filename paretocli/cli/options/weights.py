"""Options: the points of the grid."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Weights"

Points = Annotated[
    int | None,
    typer.Option(
        help="A lattice of about so many points; where there is none, so many spread evenly. Its "
        "corners are kept off 0, by 0.01, but for the solver linear.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
Divisions = Annotated[
    int | None,
    typer.Option(help="A lattice with so many steps from corner to corner.", rich_help_panel=PANEL),
]
WeightsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A CSV with one row a point and a column for each objective; numbers as for "
        "--weights.",
        rich_help_panel=PANEL,
    ),
]
Fix = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=W",
        help="Give an objective this weight in all points; the others share the rest. Repeatable.",
        rich_help_panel=PANEL,
    ),
]
