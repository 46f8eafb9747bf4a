"""Which subproblems train together, and how much of the machine each gets."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch

from paretocli.errors import InputError
from paretocli.run_directory.points import point_name
from paretocli.sweep.memory import Memory
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


def shards(points: int, stack: int) -> list[Shard]:
    """Cut a sweep into shards of up to `stack` neighbouring points.

    The cut does not depend on what is done already, so a continued sweep finds its checkpoints.
    """
    groups = [range(start, min(start + stack, points)) for start in range(0, points, stack)]
    return [
        Shard(f"{point_name(group[0])}-{point_name(group[-1])}", tuple(group)) for group in groups
    ]


def unfinished(plan: list[Shard], done: Collection[int]) -> list[Shard]:
    """The shards with a point that is not done."""
    return [shard for shard in plan if not set(shard.points) <= set(done)]


def divide(chosen: dict[str, Any], points: int, memory: Memory, *, stackable: bool) -> None:
    """Settle which points train together, with how many threads, and how many at a time."""
    transfer, device = chosen["transfer"], torch.device(chosen["device"])
    if transfer != "none":
        chosen.setdefault("stack", points)
    elif not stackable:
        chosen.setdefault("stack", 1)
    else:
        fitting = memory.points_on(device) if device.type == "cuda" else points
        chosen.setdefault("stack", min(points, fitting))
    if transfer != "none" and chosen["stack"] < points:
        raise InputError(
            f"--stack {chosen['stack']} would keep apart points that are to learn from each other "
            f"(--transfer {transfer}); leave out one of the two."
        )
    together = chosen["stack"] >= points
    chosen.setdefault("threads", default_threads(points, together=together, device=device))
    count = len(shards(points, chosen["stack"]))
    chosen.setdefault("jobs", default_jobs(count, chosen["threads"], device))


def default_threads(points: int, *, together: bool, device: torch.device) -> int:
    """Threads of a worker: all there are, or its share where points train side by side.

    It does not depend on how many workers there are to be: the number of threads changes results in
    their last digits, the number of workers does not.

    Args:
        points: How many there are to solve.
        together: Whether they train as one population.
        device: Where they train.
    """
    if together or device.type != "cpu":
        return available_threads()
    return max(1, available_threads() // points)


def default_jobs(count: int, threads: int, device: torch.device) -> int:
    """Workers at a time: as many as the processors have threads for, or one a GPU."""
    if device.type == "cuda":
        # A device with a number is the one that was asked for.
        places = torch.cuda.device_count() if device.index is None else 1
    else:
        places = available_threads() // threads
    return max(1, min(count, places))
