"""Options that say which direction of a column is better, where nobody else does."""

from typing import Annotated

import typer

PANEL = "Which direction is better"

_NAMES = "A column, with or without its split, or a metric; repeatable."

Minimize = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help=f"Lower is better, where neither metric nor name says so. {_NAMES}",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Maximize = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="The same: higher is better.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
