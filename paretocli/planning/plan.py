"""Which subproblems train together, and how much of the machine each gets."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from paretocli.core import accelerators
from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.population.transfer import TRANSFERS
from paretocli.probing.work import threads_worth
from paretocli.run_directory.points import point_name
from paretocli.solvers.registry import SOLVERS
from paretocli.training.machine import available_threads


@dataclass(frozen=True)
class Shard:
    """Subproblems that train as one population.

    Attributes:
        name: Name of its history and checkpoint.
        points: Their numbers in the sweep.
    """

    name: str
    points: tuple[int, ...]


def shards(points: Sequence[int], stack: int) -> list[Shard]:
    """Cut a round into shards of up to `stack` neighbouring points.

    The cut does not depend on what is done already, so a continued sweep finds its checkpoints.

    Args:
        points: Those of the round, rising.
        stack: How many train together at most.
    """
    groups = [tuple(points[start : start + stack]) for start in range(0, len(points), stack)]
    return [Shard(f"{point_name(group[0])}-{point_name(group[-1])}", group) for group in groups]


def unfinished(plan: list[Shard], done: Collection[int]) -> list[Shard]:
    """The shards with a point that is not done."""
    return [shard for shard in plan if not set(shard.points) <= set(done)]


def workers_of(config: SweepConfig) -> int:
    """How many workers a sweep has at most."""
    return min(config.jobs, len(shards(range(len(config.weights)), config.stack)))


def machine_text(config: SweepConfig) -> str:
    """The device, the workers and the threads of each, and how points share them."""
    threads = "1 thread" if config.threads == 1 else f"{config.threads} threads"
    if config.compile:
        threads += ", compiled"
    if config.cluster:
        found = f"workers of the cluster {config.cluster}, {threads} each"
    elif workers_of(config) == 1:
        found = f"{config.device}, {threads}"
    else:
        found = f"{config.device}, {workers_of(config)} workers with {threads} each"
    if config.devices > 1:
        places = "processes" if config.device == "cpu" else "processes, a GPU each"
        found += f", each point in {config.devices} {places}"
    if together(config) < stacked(config):
        found += f", {together(config)} of {stacked(config)} points on the device at a time"
    return found


def stacked(config: SweepConfig) -> int:
    """How many points train together, at most."""
    return min(config.stack, len(config.weights))


def together(config: SweepConfig) -> int:
    """How many of them are on the device at a time."""
    return min(config.at_once or stacked(config), stacked(config))


def joined_by(chosen: Mapping[str, Any]) -> str:
    """The option by which points have to train together, empty where they need not.

    Args:
        chosen: Values by option name.
    """
    for name, registry in (("transfer", TRANSFERS), ("solver", SOLVERS)):
        if registry[chosen[name]].joins:
            return f"--{name} {chosen[name]}"
    return ""


def divide(
    chosen: dict[str, Any],
    points: int,
    *,
    in_turn: bool,
    fitting: Callable[[], int],
    work: Callable[[int], float],
) -> None:
    """Settle which points train together, with how many threads, and how many at a time.

    Args:
        chosen: The options; those of them that the user has not set are added.
        points: How many there are to solve.
        in_turn: Whether points compute one after another even where they train together.
        fitting: How many points fit on the device.
        work: The work of an operation where so many points compute at once, as `operation_work`
            gives it; asked only on a CPU.
    """
    joined, device = joined_by(chosen), torch.device(chosen["device"])
    if joined:
        chosen.setdefault("stack", points)
    elif in_turn or chosen["devices"] > 1:
        chosen.setdefault("stack", 1)
    elif "stack" not in chosen:
        chosen["stack"] = min(points, fitting())
    if joined and chosen["stack"] < points:
        raise InputError(
            f"--stack {chosen['stack']} would keep apart points that are to train together "
            f"({joined}); leave out one of the two."
        )
    if joined and not chosen["at_once"] and device.type != "cpu":
        fit = fitting()
        chosen["at_once"] = fit if fit < points else 0
    if SOLVERS[chosen["solver"]].joins and 0 < chosen["at_once"] < points:
        raise InputError(
            f"The {points} networks of {joined} are compared in every step, and "
            f"{chosen['at_once']} at a time are on the device; ask for fewer --points or take a "
            "batch in parts (--micro-batch), with all of them at once."
        )
    if chosen["compile"] and 0 < chosen["at_once"] < min(points, chosen["stack"]):
        raise InputError(
            f"--compile makes kernels for all copies of a network at once, but {chosen['at_once']} "
            "at a time are on the device; leave out --compile, or use --stack 1."
        )
    count = len(shards(range(points), chosen["stack"]))
    if "threads" not in chosen:
        at_once = 1 if in_turn else min(points, chosen["stack"])
        each = count * chosen["devices"]
        chosen["threads"] = default_threads(each, lambda: work(at_once), device)
    jobs = default_jobs(count, chosen["threads"], device, chosen["devices"])
    chosen.setdefault("jobs", jobs)


def default_threads(count: int, work: Callable[[], float], device: torch.device) -> int:
    """Threads of a worker: as many as a step feeds, once each shard has its processor.

    It does not depend on how many workers there are to be: the number of threads changes results in
    their last digits, the number of workers does not.

    Args:
        count: Number of shards.
        work: Gives the work of an operation; asked only where there are threads to spare.
        device: Where they train.
    """
    share = available_threads() if device.type != "cpu" else available_threads() // count
    if device.type != "cpu" or share <= 1:
        return max(1, share)
    return threads_worth(work(), share)


def default_jobs(count: int, threads: int, device: torch.device, devices: int = 1) -> int:
    """Workers at a time: as many as the processors have threads for, or one a GPU.

    Args:
        count: Number of shards.
        threads: Of a process.
        device: Where they train.
        devices: On how many devices each does.
    """
    if device.type == "cpu":
        places = available_threads() // threads
    else:
        # A device with a number is the one that was asked for.
        places = accelerators.count(device) if device.index is None else 1
    return max(1, min(count, places // devices))
