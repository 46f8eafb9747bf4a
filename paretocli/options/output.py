"""Options: what is written."""

from dataclasses import dataclass
from pathlib import Path

from paretocli.option import NOT_NEGATIVE, one_of, option

PANEL = "Output"


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is written."""

    out: Path = option(
        "The run directory; an unfinished run there goes on.",
        metavar="DIR",
        shown="runs/<problem>-<solver>-…",
        kind="runtime",
    )
    baselines: bool = option(
        "At the end, work out what a constant and, for tables, a linear model and boosted trees "
        "reach in each task, and show it beside the front. Large tables are sampled.",
        flags=("--baselines/--no-baselines",),
        default=True,
        kind="runtime",
    )
    checkpoint_every: float = option(
        "Save the training state after an epoch, if the last save is so long ago.",
        metavar="SECONDS",
        range=NOT_NEGATIVE,
        default=10.0,
        kind="runtime",
    )
    log: str = option(
        "tensorboard: also write event files into the run directory. Needs the extra tensorboard.",
        metavar="NAME",
        range=one_of("none", "tensorboard"),
        default="none",
        kind="runtime",
    )
