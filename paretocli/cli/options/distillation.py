"""Options: what networks learn from teachers."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Distillation"

TeachersFrom = Annotated[
    Path | None,
    typer.Option(
        "--teachers",
        metavar="DIR",
        help="Imitate the features of the networks in this run directory, one a task: a sweep of "
        "the same problem and network with --solver single. With --solver equal, this is KDMTL.",
        rich_help_panel=PANEL,
    ),
]
Distillation = Annotated[
    float | None,
    typer.Option(
        metavar="G",
        help="What a teacher's term counts beside its task's loss.",
        show_default="1",
        rich_help_panel=PANEL,
    ),
]
DistillAt = Annotated[
    str | None,
    typer.Option(
        metavar="MODULE",
        help="The module of the network whose features, (F,), (L, F) or (C, H, W) a sample, are "
        "compared: one that all tasks share, such as stages.1 of mtan.",
        show_default="shared",
        rich_help_panel=PANEL,
    ),
]
