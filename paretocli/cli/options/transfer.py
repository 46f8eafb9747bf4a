"""Options: what subproblems pass to each other."""

from typing import Annotated

import typer

PANEL = "Transfer"

TransferRule = Annotated[
    str | None,
    typer.Option(
        "--transfer",
        metavar="NAME",
        help="What subproblems pass to each other: none, neighbours (drift towards those with "
        "similar weights), adaptive (towards a network that solves it better), or split (one "
        "network that branches).",
        show_default="none",
        rich_help_panel=PANEL,
    ),
]
TransferStrength = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="How much of a network comes from others, every ten steps, at the start "
        "(neighbours, adaptive).",
        show_default="0.5",
        rich_help_panel=PANEL,
    ),
]
TransferUntil = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="The share of training at which that has faded to nothing.",
        show_default="0.7",
        rich_help_panel=PANEL,
    ),
]
TransferKernel = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How it falls with the distance of weights: gaussian, triangle or uniform "
        "(neighbours).",
        show_default="gaussian",
        rich_help_panel=PANEL,
    ),
]
TransferReach = Annotated[
    float | None,
    typer.Option(
        help="How far it goes, in distances between neighbours (neighbours).",
        show_default="1",
        rich_help_panel=PANEL,
    ),
]
TransferTensors = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERNS",
        help="The parameters that take part, by name with * and ?, separated by commas "
        "(neighbours, adaptive).",
        show_default="all",
        rich_help_panel=PANEL,
    ),
]
BranchAt = Annotated[
    str | None,
    typer.Option(
        metavar="SHARES",
        help="The share of training at which the one network branches, or several shares, "
        "separated by commas, for a tree (split).",
        show_default="0.5",
        rich_help_panel=PANEL,
    ),
]
Batches = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Whether all points see the same batches: shared or independent.",
        show_default="shared",
        rich_help_panel=PANEL,
    ),
]
