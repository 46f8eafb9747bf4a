"""What the networks of a sweep take on this machine, all of them in turn in one run."""

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import cast

import torch

from paretocli.core.problem import Problem
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.point import SolvedPoint
from paretocli.measuring.networks import TORCH, Written, inputs_of, written_networks
from paretocli.run_directory.measurements import (
    RECIPE,
    Device,
    MeasuredNetwork,
    MeasuredPoint,
    Measurements,
    TimedBatch,
)
from paretocli.timing.device import this_device
from paretocli.timing.in_turn import Times, timed_in_turn
from paretocli.timing.processors import pinned

BATCHES = (1, 64)

Note = Callable[[str], None]
Clock = Callable[[], float]


def batches_of(problem: Problem) -> list[int]:
    """The sizes that networks are timed with; a problem may say that fewer samples fit at once."""
    return [size for size in BATCHES if size == 1 or size <= problem.evaluation_batch]


@torch.no_grad()
def measured(
    points: Iterable[SolvedPoint],
    form: str,
    threads: int,
    note: Note,
    *,
    calls: int = 0,
    clock: Clock = time.perf_counter,
) -> Measurements:
    """Time the small networks of points, in turn with the dense one.

    Args:
        points: At least one, all of one sweep.
        form: The format that they are written in for it: one of `FORMATS`, or `torch`.
        threads: That compute.
        note: Is told what is being done.
        calls: Of each network that count, 0 for as many as a few seconds allow.
        clock: Gives seconds.

    Raises:
        InputError: torch.export makes no graph of a network.
        RunError: A small network gives other outputs than the one that it was made of.
    """
    found = iter(points)
    first = next(found)
    batches = {
        size: tuple(inputs_of(first.problem, size).values()) for size in batches_of(first.problem)
    }
    with tempfile.TemporaryDirectory() as name:
        networks = list(written_networks(chain([first], found), form, Path(name), note))
        with pinned(threads) as processors:
            functions = [network.opened(threads) for network in networks]
            timed = {}
            for size, batch in batches.items():
                note(f"Timing {len(networks)} networks at batch {size}")
                calling = [partial(function, *batch) for function in functions]
                timed[str(size)] = timed_in_turn(calling, calls, clock)
        each = [
            _figures(one, {size: times[place] for size, times in timed.items()})
            for place, one in enumerate(networks)
        ]
    engine, package = TORCH, TORCH
    if form != TORCH and FORMATS[form].engine:
        engine, package = FORMATS[form].engine, ([*FORMATS[form].needs] or [""])[-1]
    return {
        "recipe": RECIPE,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": cast(Device, this_device()),
        "engine": {"name": engine, "version": _version_of(package)},
        "format": form,
        "threads": threads,
        "processors": list(processors),
        "dense": each[0],
        "points": [
            cast(MeasuredPoint, {"point": one.point, "checkpoint": one.checkpoint, **figures})
            for one, figures in zip(networks[1:], each[1:], strict=True)
        ],
    }


def _version_of(module: str) -> str:
    """That of the package which brings a module, as far as that is known."""
    packages = metadata.packages_distributions().get(module.partition(".")[0], [])
    return metadata.version(packages[0]) if packages else "unknown"


def _figures(network: Written, timed: Mapping[str, Times]) -> MeasuredNetwork:
    return {
        "file_bytes": network.bytes,
        "sha256": network.sha256,
        "latency": {size: cast(TimedBatch, times.content()) for size, times in timed.items()},
    }
