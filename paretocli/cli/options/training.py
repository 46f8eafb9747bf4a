"""Options: what is trained, and how."""

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Training"

ProblemName = Annotated[
    str | None,
    typer.Argument(
        metavar="PROBLEM",
        help="A name that `paretocli problems` lists, mulan:NAME, table:FILE.csv, or "
        "file.py:function.",
        show_default="multidigits",
    ),
]
Targets = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="The columns to predict, of table:FILE.csv or mulan:NAME.",
        show_default="those that the Mulan set is known by",
        rich_help_panel=PANEL,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Options from a TOML file; those given here win."),
]
Network = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="hps, mdmtn, mtan, or one of the problem's own.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
SolverName = Annotated[
    str | None,
    typer.Option(
        "--solver",
        metavar="NAME",
        help="chebyshev, linear (a weighted sum) or stch (smooth Chebyshev). One point alone, with "
        "the extra rivals: mgda, pcgrad, cagrad, upgrad, nash, aligned or imtl. Baselines: equal "
        "(one point, all tasks alike) and single (a network for each task).",
        show_default="chebyshev",
        rich_help_panel=PANEL,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="Passes over the training data.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
TrainSamples = Annotated[
    int | None,
    typer.Option(
        help="Train on so many samples, the first of the training split.",
        show_default="all",
        rich_help_panel=PANEL,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(help="Samples a step.", show_default="the problem's", rich_help_panel=PANEL),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--lr", help="Learning rate.", show_default="the problem's", rich_help_panel=PANEL
    ),
]
OptimizerName = Annotated[
    str | None,
    typer.Option(
        "--optimizer",
        metavar="NAME",
        help="adam, adamw or sgd.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
WeightDecay = Annotated[
    float | None,
    typer.Option(help="Weight decay.", show_default="the problem's", rich_help_panel=PANEL),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How the learning rate falls: cosine, linear or constant.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="fp32, bf16, or tf32 (on GPUs from Ampere on).",
        show_default="fp32",
        rich_help_panel=PANEL,
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What an objective is divided by: its initial value, its range in a payoff table "
        "(trains each alone first), or none.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
Ideal = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="What is subtracted from the objectives: bounds that they never fall below.",
        show_default="the tasks', or learned",
        rich_help_panel=PANEL,
    ),
]
Epsilon = Annotated[
    float | None,
    typer.Option(
        help="ε of the modified Chebyshev scalarization.",
        show_default="0.0001",
        rich_help_panel=PANEL,
    ),
]
Penalty = Annotated[
    float | None,
    typer.Option(
        help="The augmented Lagrangian's penalty at the start, relative to the largest term.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
Averaging = Annotated[
    int | None,
    typer.Option(
        help="Batches over which the multipliers see a running mean.",
        show_default="the problem's",
        rich_help_panel=PANEL,
    ),
]
Smoothing = Annotated[
    float | None,
    typer.Option(
        help="How smooth the maximum of the solver stch is, relative to the largest term.",
        show_default="0.1",
        rich_help_panel=PANEL,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        help="Seed of the networks' start and of the batches.",
        show_default="0",
        rich_help_panel=PANEL,
    ),
]
Init = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How parameters start: default (each layer's own way) or lsuv (unit variance).",
        show_default="default",
        rich_help_panel=PANEL,
    ),
]
