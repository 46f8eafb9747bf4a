"""Timing functions in turn, so that whatever slows the machine down slows all of them down."""

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

WARM_UP, CALLS = 10, 200
SECONDS = 2.5  # for each function; after them all there are no more rounds
FEWEST = 3  # rounds: one to warm up, and two halves


@dataclass(frozen=True)
class Times:
    """How long calls of a function took, in seconds.

    Attributes:
        median: Of all that count.
        p95: Which 95 of 100 calls did not exceed.
        halves: The medians of the first half of the calls and of the second.
        calls: How many count.
    """

    median: float
    p95: float
    halves: tuple[float, float]
    calls: int

    def content(self) -> dict[str, Any]:
        """The same in milliseconds, ready for JSON."""
        return {
            "median_ms": _milliseconds(self.median),
            "p95_ms": _milliseconds(self.p95),
            "halves_ms": [_milliseconds(half) for half in self.halves],
            "calls": self.calls,
        }


def timed_in_turn(
    functions: Sequence[Callable[[], Any]],
    calls: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Times]:
    """Call functions in rounds, each once a round in an order that changes, and time every call.

    Args:
        functions: At least one.
        calls: Rounds that count, two at least; 0 for 200, or fewer where all of them would take
            longer than 2.5 seconds a function.
        clock: Gives seconds.
    """
    order = random.Random(0)
    rounds: list[list[float]] = []
    most = WARM_UP + (calls or CALLS)
    end = math.inf if calls else clock() + SECONDS * len(functions)
    while len(rounds) < FEWEST or (len(rounds) < most and clock() < end):
        found = [0.0] * len(functions)
        for place in order.sample(range(len(functions)), len(functions)):
            before = clock()
            functions[place]()
            found[place] = clock() - before
        rounds.append(found)
    # The first calls choose kernels and take memory.
    warm_up = WARM_UP if len(rounds) == most else min(WARM_UP, len(rounds) // FEWEST)
    counted = rounds[warm_up:]
    return [times_of(column) for column in zip(*counted, strict=True)]


def times_of(seconds: Sequence[float]) -> Times:
    """What calls that took so long amount to; two of them at least."""
    middle = len(seconds) // 2
    ranked = sorted(seconds)
    return Times(
        statistics.median(seconds),
        ranked[math.ceil(0.95 * len(ranked)) - 1],
        (statistics.median(seconds[:middle]), statistics.median(seconds[middle:])),
        len(seconds),
    )


def _milliseconds(seconds: float) -> float:
    return float(f"{1000 * seconds:.6g}")
