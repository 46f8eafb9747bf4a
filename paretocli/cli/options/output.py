"""Options: what is written and said."""

from pathlib import Path
from typing import Annotated

import typer

from paretocli.options.output import PANEL

ConfigFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Options from a TOML file; those given here win."),
]
RetryFailed = Annotated[
    bool,
    typer.Option("--retry-failed", help="Solve failed points again.", rich_help_panel=PANEL),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the results as JSON.", rich_help_panel=PANEL)
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="No progress and no hints.", rich_help_panel=PANEL),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what would be done, and write nothing.", rich_help_panel=PANEL
    ),
]
