"""Options: what is written and said."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Output"

Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The run directory; an unfinished run there goes on.",
        show_default="runs/<problem>-<solver>-…",
        rich_help_panel=PANEL,
    ),
]
Log = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="tensorboard: also write event files into the run directory. Needs "
        "the extra tensorboard.",
        show_default="none",
        rich_help_panel=PANEL,
    ),
]
CheckpointEvery = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Save the training state after an epoch, if the last save is so long ago.",
        show_default="10",
        rich_help_panel=PANEL,
    ),
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
