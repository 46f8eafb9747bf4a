"""Options: what is trained, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.lists import columns_in, factors_in
from paretocli.networks.registry import network_help
from paretocli.option import NOT_NEGATIVE, POSITIVE, at_least, one_of, option, settled
from paretocli.options.assignments import settings_in
from paretocli.population.transfer import TRANSFERS
from paretocli.solvers.registry import PANEL, solver_help

__all__ = ["DEFAULT_PROBLEM", "PANEL", "TrainingOptions"]

DEFAULT_PROBLEM = "multidigits"

_PROBLEMS = "the problem's"


def _coefficients_in(given: Any) -> dict[str, float]:
    return dict(factors_in(given, "--auxiliary", "balance=0.01"))


def _branching(config: Mapping[str, Any]) -> str:
    begins_joined = "transfer" in config and TRANSFERS[config["transfer"]].begins_joined
    return f"with --transfer {config['transfer']}" if begins_joined else ""


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """What is trained, and how.

    `targets` names the columns that were asked for, none where the problem knows its own. An
    `ideal` that is None is learned.
    """

    problem: str = option(
        "A name that `paretocli problems` lists, mulan:NAME, table:FILE.csv, images:FOLDER, or "
        "file.py:function.",
        metavar="PROBLEM",
        shown=DEFAULT_PROBLEM,
    )
    targets: tuple[str, ...] = option(
        "The columns to predict, of table:FILE.csv, mulan:NAME or the labels of images:FOLDER; "
        "names may hold * and ?.",
        metavar="A,B",
        parse=columns_in,
        default=(),
        shown="those that the Mulan set is known by, all labels of images",
    )
    labels: Path | None = option(
        "The labels of images:FOLDER: a table with a column of file names, seen from the folder, "
        "and a column for each task.",
        metavar="FILE.csv",
        default=None,
        shown="",
        before=None,
    )
    image_size: int | None = option(
        "The side in pixels of the square that the images of images:FOLDER are brought to.",
        range=(lambda value: value is None or 1 <= value <= 4096, "from 1 to 4096"),
        default=None,
        shown="as they are, or up to 128 where their sizes differ",
        before=None,
    )
    set: Mapping[str, Any] = option(
        "An argument of the function that makes the problem: a number, true, false or a text. "
        "Repeatable; `compare` takes sweeps that differ in `fold` as it takes seeds.",
        given=list,
        metavar="NAME=VALUE",
        parse=settings_in,
        default={},
        shown="the function's own",
        before={},
    )
    objectives: tuple[str, ...] = settled()
    network: str = option(network_help, metavar="NAME", shown=_PROBLEMS)
    solver: str = option(solver_help, metavar="NAME", default="chebyshev")
    weights: tuple[tuple[float, ...], ...] = settled()
    train_samples: int = option(
        "Train on so many samples, the first of the training split.",
        range=at_least(1),
        shown="all",
    )
    epochs: int = option("Passes over the training data.", range=at_least(1), shown=_PROBLEMS)
    batch_size: int = option("Samples a step.", range=at_least(1), shown=_PROBLEMS)
    lr: float = option("Learning rate.", range=POSITIVE, shown=_PROBLEMS)
    optimizer: str = option(
        "adam, adamw, nadam, radam, sgd, or own: what the problem's own hook makes.",
        metavar="NAME",
        shown=_PROBLEMS,
    )
    weight_decay: float = option("Weight decay.", range=NOT_NEGATIVE, shown=_PROBLEMS)
    schedule: str = option(
        "How the learning rate falls: cosine, linear or constant.", metavar="NAME", shown=_PROBLEMS
    )
    precision: str = option(
        "fp32, bf16, fp16 (the losses are scaled), or tf32 (on GPUs from Ampere on).",
        metavar="NAME",
        range=one_of("fp32", "tf32", "bf16", "fp16"),
        default="fp32",
    )
    patience: int = option(
        "End the search of a point, or its retraining, when for so many epochs neither its "
        "validation value nor its certificate got better; 0 for never.",
        range=at_least(0),
        default=0,
        before=0,
        idle=_branching,
    )
    evaluate_every: int = option(
        "Measure the test split after every so many epochs and after the last, which only the "
        "history shows; 0 for after the last alone. Validation, which decides, is measured after "
        "each.",
        metavar="N",
        range=at_least(0),
        before=1,
        shown="1, or 0 where that takes more than 5 % of an epoch",
    )
    scale: str = option(
        "What an objective is divided by: its initial value, its range in a payoff table (trains "
        "each alone first), or none.",
        metavar="NAME",
        range=one_of("initial", "none", "payoff"),
        shown=_PROBLEMS,
    )
    ideal: tuple[float | None, ...] = option(
        "What is subtracted from the objectives: bounds that they never fall below.",
        metavar="A,B",
        numbers=True,
        shown="the tasks', or learned",
    )
    auxiliary: Mapping[str, float] = option(
        "The coefficient of a loss that the network returns by name beside its tasks' outputs, "
        "such as balance=0.01: it is trained on and is no objective; 0 leaves it out. Repeatable.",
        given=list,
        metavar="NAME=C",
        parse=_coefficients_in,
        default={},
        shown=_PROBLEMS,
        before={},
    )
    epsilon: float = option(
        "ε of the modified Chebyshev scalarization.", range=NOT_NEGATIVE, default=1e-4
    )
    seed: int = option(
        "Seed of the networks' start and of the batches.",
        range=(lambda value: 0 <= value < 2**63, "at least 0 and below 2^63"),
        default=0,
    )
    init: str = option(
        "How parameters start: default (each layer's own way) or lsuv (unit variance).",
        metavar="NAME",
        range=one_of("default", "lsuv"),
        default="default",
    )
