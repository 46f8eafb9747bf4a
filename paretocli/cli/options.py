"""The options that `train` and `sweep` share, with their help."""

from pathlib import Path
from typing import Annotated

import typer

TRAINING, WEIGHTS, MACHINE, OUTPUT = "Training", "Weights", "Machine", "Output"
SPARSITY, TRANSFER = "Sparsity", "Transfer"

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
        rich_help_panel=TRAINING,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The run directory; an unfinished run there goes on.",
        show_default="runs/<problem>-<solver>-…",
        rich_help_panel=OUTPUT,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Options from a TOML file; those given here win."),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        envvar="PARETOCLI_DATA",
        help="The folder of data sets.",
        show_default="in the user's cache",
        rich_help_panel=MACHINE,
    ),
]
Network = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="hps, mdmtn, or one of the problem's own.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
SolverName = Annotated[
    str | None,
    typer.Option(
        "--solver",
        metavar="NAME",
        help="chebyshev or linear (a weighted sum).",
        show_default="chebyshev",
        rich_help_panel=TRAINING,
    ),
]
Points = Annotated[
    int | None,
    typer.Option(
        help="A lattice of about so many points; where there is none, so many spread evenly.",
        show_default="the problem's",
        rich_help_panel=WEIGHTS,
    ),
]
Divisions = Annotated[
    int | None,
    typer.Option(
        help="A lattice with so many steps from corner to corner.", rich_help_panel=WEIGHTS
    ),
]
WeightsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A CSV with one row a point and a column for each objective.",
        rich_help_panel=WEIGHTS,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="Passes over the training data.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
TrainSamples = Annotated[
    int | None,
    typer.Option(
        help="Train on so many samples, the first of the training split.",
        show_default="all",
        rich_help_panel=TRAINING,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(help="Samples a step.", show_default="the problem's", rich_help_panel=TRAINING),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--lr", help="Learning rate.", show_default="the problem's", rich_help_panel=TRAINING
    ),
]
OptimizerName = Annotated[
    str | None,
    typer.Option(
        "--optimizer",
        metavar="NAME",
        help="adam, adamw or sgd.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
WeightDecay = Annotated[
    float | None,
    typer.Option(help="Weight decay.", show_default="the problem's", rich_help_panel=TRAINING),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How the learning rate falls: cosine, linear or constant.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
Precision = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="fp32 or bf16.",
        show_default="fp32",
        rich_help_panel=TRAINING,
    ),
]
Scale = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What an objective is divided by: its initial value, its range in a payoff table "
        "(trains each alone first), or none.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
Ideal = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="What is subtracted from the objectives.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
Epsilon = Annotated[
    float | None,
    typer.Option(
        help="ε of the modified Chebyshev scalarization.",
        show_default="0.0001",
        rich_help_panel=TRAINING,
    ),
]
Penalty = Annotated[
    float | None,
    typer.Option(
        help="The augmented Lagrangian's penalty at the start, relative to the largest term.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
Averaging = Annotated[
    int | None,
    typer.Option(
        help="Batches over which the multipliers see a running mean.",
        show_default="the problem's",
        rich_help_panel=TRAINING,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        help="Seed of the networks' start and of the batches.",
        show_default="0",
        rich_help_panel=TRAINING,
    ),
]
Init = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How parameters start: default (each layer's own way) or lsuv (unit variance).",
        show_default="default",
        rich_help_panel=TRAINING,
    ),
]
Fix = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=W",
        help="Give an objective this weight in all points; the others share the rest. Repeatable.",
        rich_help_panel=WEIGHTS,
    ),
]
Sparsity = Annotated[
    bool | None,
    typer.Option(
        "--sparsity/--no-sparsity",
        help="Make sparsity (GrOWL) the first objective.",
        show_default="on for networks",
        rich_help_panel=SPARSITY,
    ),
]
SparseLayers = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERNS",
        help="The layers that count, by name with * and ?, separated by commas.",
        show_default="all but input layers and task heads",
        rich_help_panel=SPARSITY,
    ),
]
Theta = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How GrOWL weighs the rows from the largest down: flat (group lasso), spike, linear "
        "or ramp.",
        show_default="flat",
        rich_help_panel=SPARSITY,
    ),
]
ThetaSlope = Annotated[
    float | None,
    typer.Option(
        help="How much more the largest row weighs than the smallest (spike, linear, ramp).",
        show_default="1",
        rich_help_panel=SPARSITY,
    ),
]
SparsityScale = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Measure each layer's GrOWL against its norm (relative), or as it is (absolute).",
        show_default="relative",
        rich_help_panel=SPARSITY,
    ),
]
MaxLayerSparsity = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="The largest share of a layer's rows that may become zero.",
        show_default="1: all but one row",
        rich_help_panel=SPARSITY,
    ),
]
ShareSimilarity = Annotated[
    float | None,
    typer.Option(
        metavar="S",
        help="Rows more similar than this are tied after the search; 1 ties none.",
        show_default="0.8",
        rich_help_panel=SPARSITY,
    ),
]
RetrainEpochs = Annotated[
    int | None,
    typer.Option(
        help="Epochs after the search, with zero rows and ties kept; 0: no ties either.",
        show_default="the problem's",
        rich_help_panel=SPARSITY,
    ),
]
RetrainLearningRate = Annotated[
    float | None,
    typer.Option(
        "--retrain-lr",
        help="Learning rate of these.",
        show_default="half of --lr",
        rich_help_panel=SPARSITY,
    ),
]
FreezeSparsity = Annotated[
    Path | None,
    typer.Option(
        metavar="POINT",
        help="Start from this point (DIR:NUMBER, or a .safetensors file), keep its zero and tied "
        "rows, and vary only the tasks' weights.",
        rich_help_panel=SPARSITY,
    ),
]
TransferRule = Annotated[
    str | None,
    typer.Option(
        "--transfer",
        metavar="NAME",
        help="What subproblems pass to each other: none, neighbours (drift towards those with "
        "similar weights), adaptive (towards a network that solves it better), or split (one "
        "network that branches).",
        show_default="none",
        rich_help_panel=TRANSFER,
    ),
]
TransferStrength = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="How much of a network comes from others, every ten steps, at the start "
        "(neighbours, adaptive).",
        show_default="0.5",
        rich_help_panel=TRANSFER,
    ),
]
TransferUntil = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="The share of training at which that has faded to nothing.",
        show_default="0.7",
        rich_help_panel=TRANSFER,
    ),
]
TransferKernel = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How it falls with the distance of weights: gaussian, triangle or uniform "
        "(neighbours).",
        show_default="gaussian",
        rich_help_panel=TRANSFER,
    ),
]
TransferReach = Annotated[
    float | None,
    typer.Option(
        help="How far it goes, in distances between neighbours (neighbours).",
        show_default="1",
        rich_help_panel=TRANSFER,
    ),
]
TransferTensors = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERNS",
        help="The parameters that take part, by name with * and ?, separated by commas "
        "(neighbours, adaptive).",
        show_default="all",
        rich_help_panel=TRANSFER,
    ),
]
BranchAt = Annotated[
    str | None,
    typer.Option(
        metavar="SHARES",
        help="The share of training at which the one network branches, or several shares, "
        "separated by commas, for a tree (split).",
        show_default="0.5",
        rich_help_panel=TRANSFER,
    ),
]
Batches = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Whether all points see the same batches: shared or independent.",
        show_default="shared",
        rich_help_panel=TRANSFER,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        envvar="PARETOCLI_DEVICE",
        help="auto, cpu or cuda.",
        show_default="auto",
        rich_help_panel=MACHINE,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        envvar="PARETOCLI_THREADS",
        help="Processors of a worker. Another number gives results that differ in the last digits.",
        show_default="all, or a worker's share",
        rich_help_panel=MACHINE,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        envvar="PARETOCLI_JOBS",
        help="Workers at a time, where points train apart. Results do not depend on it.",
        show_default="as many as there are processors or GPUs for",
        rich_help_panel=MACHINE,
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Run the points on a Dask cluster: its scheduler, such as tcp://host:8786, or local:N "
        "for N workers here. Needs the extra cluster.",
        show_default=False,
        rich_help_panel=MACHINE,
    ),
]
Log = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="tensorboard: also write event files into the run directory. Needs "
        "the extra tensorboard.",
        show_default="none",
        rich_help_panel=OUTPUT,
    ),
]
Stack = Annotated[
    int | None,
    typer.Option(
        help="Points that train together as one stacked network.",
        show_default="all, or 1 where that is faster",
        rich_help_panel=MACHINE,
    ),
]
CheckpointEvery = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Save the training state after an epoch, if the last save is so long ago.",
        show_default="10",
        rich_help_panel=OUTPUT,
    ),
]
RetryFailed = Annotated[
    bool,
    typer.Option("--retry-failed", help="Solve failed points again.", rich_help_panel=OUTPUT),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the results as JSON.", rich_help_panel=OUTPUT)
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="No progress and no hints.", rich_help_panel=OUTPUT),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run", help="Show what would be done, and write nothing.", rich_help_panel=OUTPUT
    ),
]
