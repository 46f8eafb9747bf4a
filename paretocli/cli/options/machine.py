"""Options: where it runs, and with how much of the machine."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Machine"

DataDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        envvar="PARETOCLI_DATA",
        help="The folder of data sets.",
        show_default="in the user's cache",
        rich_help_panel=PANEL,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        envvar="PARETOCLI_DEVICE",
        help="auto, cpu or cuda.",
        show_default="auto",
        rich_help_panel=PANEL,
    ),
]
Compile = Annotated[
    bool | None,
    typer.Option(
        "--compile/--no-compile",
        help="Compile the training step (torch.compile): about half a minute for each network at "
        "the start, then fewer and larger kernels. For long runs of many stacked points.",
        show_default="off",
        rich_help_panel=PANEL,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        envvar="PARETOCLI_THREADS",
        help="Processors of a worker. Another number gives results that differ in the last digits.",
        show_default="as many as a step feeds, of a worker's share",
        rich_help_panel=PANEL,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        envvar="PARETOCLI_JOBS",
        help="Workers at a time, where points train apart. Results do not depend on it.",
        show_default="as many as there are processors or GPUs for",
        rich_help_panel=PANEL,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Run the points on a Dask cluster: its scheduler, such as tcp://host:8786, or local:N "
        "for N workers here. Needs the extra cluster.",
        show_default=False,
        rich_help_panel=PANEL,
    ),
]
Stack = Annotated[
    int | None,
    typer.Option(
        help="Points that train together as one stacked network.",
        show_default="all, or 1 where that is faster",
        rich_help_panel=PANEL,
    ),
]
