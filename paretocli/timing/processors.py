"""Keeping this process on some processors, so that it is not moved while it is timed."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TASKS = Path("/proc/self/task")
TOPOLOGY = Path("/sys/devices/system/cpu")


@contextmanager
def pinned(threads: int) -> Iterator[tuple[int, ...]]:
    """A context in which all threads of this process stay on as many processors.

    Threads that are made in it stay there too, so what is timed has to make its own inside.

    Args:
        threads: How many are to compute.

    Yields:
        The numbers of these processors; none where the system pins nothing (macOS, Windows), or
        fewer of them may be used than are asked for.
    """
    if sys.platform != "linux":
        yield ()
        return
    allowed = os.sched_getaffinity(0)
    chosen = chosen_processors(allowed, threads)
    before = {task: _affinity(task, allowed) for task in _tasks()}
    if not chosen or not _set(before, chosen):
        yield ()
        return
    try:
        yield chosen
    finally:
        for task in _tasks():
            _set([task], before.get(task, allowed))


def chosen_processors(
    allowed: Iterable[int], threads: int, topology: Path = TOPOLOGY
) -> tuple[int, ...]:
    """Which of some processors to compute on, one a core as far as there are cores.

    Args:
        allowed: Those that may be used.
        threads: How many are wanted.
        topology: Where the system says which of them share a core.

    Returns:
        Their numbers, in order; none where there are too few.
    """
    by_core: dict[str, list[int]] = {}
    for number in sorted(allowed):
        file = topology / f"cpu{number}" / "topology" / "thread_siblings_list"
        try:
            core = file.read_text().strip()
        except OSError:  # nothing is said of it: it is a core of its own
            core = str(number)
        by_core.setdefault(core, []).append(number)
    # The first of each core, then the second. From the end: processor 0 serves most interrupts.
    ranked = sorted(
        ((place, -number) for row in by_core.values() for place, number in enumerate(row)),
    )
    found = [-number for _, number in ranked[:threads]]
    return tuple(sorted(found)) if len(found) == threads else ()


def _tasks() -> list[int]:
    """The threads of this process."""
    return [int(task.name) for task in TASKS.iterdir()] if TASKS.is_dir() else [0]


def _affinity(task: int, otherwise: set[int]) -> set[int]:
    with suppress(OSError):  # it has ended since
        return os.sched_getaffinity(task)
    return otherwise


def _set(tasks: Iterable[int], processors: Iterable[int]) -> bool:
    """Keep threads on processors; whether the system lets this be done."""
    wanted = set(processors)
    for task in tasks:
        try:
            os.sched_setaffinity(task, wanted)
        except ProcessLookupError:  # it has ended since
            continue
        except OSError:  # not permitted here, or not for these processors
            return False
    return True
