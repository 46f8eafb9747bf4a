"""Options: zero and tied rows."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Sparsity"

Sparsity = Annotated[
    bool | None,
    typer.Option(
        "--sparsity/--no-sparsity",
        help="Make sparsity (GrOWL) the first objective.",
        show_default="on for networks",
        rich_help_panel=PANEL,
    ),
]
SparseLayers = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERNS",
        help="The layers that count, by name with * and ?, separated by commas.",
        show_default="all but input layers and task heads",
        rich_help_panel=PANEL,
    ),
]
SparsityOf = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What a layer counts by: the parameters or the multiply-accumulates (macs) that leave "
        "the network with its rows, or the parameters in its own rows alone (own).",
        show_default="parameters",
        rich_help_panel=PANEL,
    ),
]
Theta = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How GrOWL weighs the rows from the largest down: flat (group lasso), spike, linear "
        "or ramp.",
        show_default="flat",
        rich_help_panel=PANEL,
    ),
]
ThetaSlope = Annotated[
    float | None,
    typer.Option(
        help="How much more the largest row weighs than the smallest (spike, linear, ramp).",
        show_default="1",
        rich_help_panel=PANEL,
    ),
]
SparsityScale = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Measure each layer's GrOWL against its norm (relative), or as it is (absolute).",
        show_default="relative",
        rich_help_panel=PANEL,
    ),
]
MaxLayerSparsity = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="The largest share of a layer's rows that may become zero.",
        show_default="1: all but one row",
        rich_help_panel=PANEL,
    ),
]
ShareSimilarity = Annotated[
    float | None,
    typer.Option(
        metavar="S",
        help="Rows more similar than this are tied after the search; 1 ties none.",
        show_default="0.8",
        rich_help_panel=PANEL,
    ),
]
RetrainEpochs = Annotated[
    int | None,
    typer.Option(
        help="Epochs after the search, with zero rows and ties kept; 0: no ties either.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
RetrainLearningRate = Annotated[
    float | None,
    typer.Option(
        "--retrain-lr",
        help="Learning rate of these.",
        show_default="half of --lr",
        rich_help_panel=PANEL,
    ),
]
FreezeSparsity = Annotated[
    Path | None,
    typer.Option(
        metavar="POINT",
        help="Start from this point (DIR:NUMBER, or a .safetensors file), keep its zero and tied "
        "rows, and vary only the tasks' weights.",
        rich_help_panel=PANEL,
    ),
]
