"""Options: where it runs, and with how much of the machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.option import at_least, option, within

PANEL = "Machine"


def _apart(config: Mapping[str, Any]) -> str:
    return "with --stack 1" if config.get("stack") == 1 else ""


@dataclass(frozen=True, kw_only=True)
class MachineOptions:
    """Where it runs, and with how much of the machine.

    The number of threads and how many points train together change results in their last digits.
    """

    device: str = option(
        "auto (cuda where there is one, else cpu), cpu, cuda, or mps, the GPU of a Mac.",
        metavar="NAME",
        variable="PARETOCLI_DEVICE",
        shown="auto",
    )
    threads: int = option(
        "Processors of a worker. Another number gives results that differ in the last digits.",
        range=within(1, 4096),
        variable="PARETOCLI_THREADS",
        shown="as many as a step feeds, of a worker's share",
    )
    devices: int = option(
        "Train each point on so many GPUs, or in so many processes of a CPU, each with a part of "
        "every batch. Results differ in their last digits, and dropout draws other masks.",
        range=within(1, 64),
        default=1,
        kind="runtime",
    )
    compile: bool = option(
        "Compile the training step (torch.compile): about half a minute for each network at the "
        "start, then fewer and larger kernels. For long runs of many stacked points.",
        flags=("--compile/--no-compile",),
        default=False,
        shown="off",
    )
    stack: int = option(
        "Points that train together as one stacked network.",
        range=at_least(1),
        shown="all, or 1 where that is faster",
        single=False,
    )
    at_once: int = option(
        "Points of a stack that are on the device at a time; the others wait in the machine's "
        "memory, and they take turns. 0 for all, or as many as fit. Results differ in their last "
        "digits at most.",
        range=at_least(0),
        default=0,
        kind="runtime",
        idle=_apart,
        single=False,
    )
    jobs: int = option(
        "Workers at a time, where points train apart. Results do not depend on it.",
        range=within(1, 4096),
        variable="PARETOCLI_JOBS",
        shown="as many as there are processors or GPUs for",
        kind="runtime",
        single=False,
    )
    workers: int | None = option(
        "Processes that read data ahead which does not fit in memory (large images:FOLDER, "
        "LazySamples), for each job. 0 for none. Results do not depend on it.",
        range=(lambda value: value is None or 0 <= value <= 4096, "from 0 to 4096"),
        variable="PARETOCLI_WORKERS",
        default=None,
        shown="what the problem says; 2 for images",
        kind="runtime",
    )
    cluster: str = option(
        "Run the points on a Dask cluster: its scheduler, such as tcp://host:8786, or local:N for "
        "N workers here. Needs the extra cluster.",
        metavar="ADDRESS",
        default="",
        kind="runtime",
        single=False,
    )
    data_dir: Path = option(
        "The folder of data sets.",
        metavar="DIR",
        variable="PARETOCLI_DATA",
        shown="in the user's cache",
        kind="runtime",
    )
