"""Batches that processes read ahead, with torch's own loader.

The loader hands requests to its workers in turn and gives their answers in the order of the
requests, so that nothing depends on how many there are. What goes wrong in a worker comes back as
an answer; a worker that dies leaves a note of the sample that it was at.
"""

import ctypes
import multiprocessing
import signal
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

import torch
from torch.utils.data import DataLoader

from paretocli.core.items import Parts
from paretocli.errors import InputError, RunError
from paretocli.execution.executor import PATIENCE
from paretocli.reading.requests import Fault, Notes, Read, Request, Requests
from paretocli.reading.surroundings import (
    as_no_daemon,
    available_processors,
    begin,
    deaths_unheard,
    one_thread,
)

WORKERS = 2  # where nobody says
AHEAD = 2  # batches that each worker reads ahead
WORTHWHILE = 0.5  # seconds of reading below which no processes are started: that takes some too


def read_ahead(
    read: Read, requests: Sequence[Request], *, workers: int, pinned: bool, where: str
) -> Generator[Parts, None, None]:
    """The batches that are asked for, in order.

    Args:
        read: Reads a batch; calls its last argument with the number of each sample that it begins.
        requests: The samples of each batch, and what they draw from.
        workers: Processes that read, of which there are no more than processors; 0 for none.
        pinned: Whether batches are to lie in memory from which a GPU copies by itself.
        where: What is read, for the message.

    Raises:
        InputError: A sample cannot be read.
        RunError: A process that reads has died.
    """
    if not requests:
        return
    first, rest = requests[0], requests[1:]
    workers = min(workers, len(rest), available_processors())
    started = time.perf_counter()
    batch = _read_here(read, first)
    if workers == 0 or (time.perf_counter() - started) * len(rest) < WORTHWHILE:
        yield batch
        yield from (_read_here(read, request) for request in rest)
        return
    notes: Notes = multiprocessing.RawArray(ctypes.c_longlong, 2 * workers)
    loader = DataLoader(
        Requests(read, notes),
        sampler=rest,
        batch_size=None,
        num_workers=workers,
        collate_fn=_as_it_is,
        pin_memory=pinned,
        worker_init_fn=partial(begin, notes),
        multiprocessing_context="fork" if sys.platform == "linux" else None,
        prefetch_factor=AHEAD,
        # It would draw from the global one, and so would change what the network draws.
        generator=torch.Generator(),
    )
    before = set(multiprocessing.active_children())
    with as_no_daemon():
        answers = iter(loader)
    processes = [child for child in multiprocessing.active_children() if child not in before]
    try:
        yield batch
        with deaths_unheard():
            for _ in rest:
                yield _answer(answers, processes, notes, where)
    finally:
        del answers  # which asks them to leave, and waits for what they are at
        for process in processes:
            process.kill()
            process.join()


def _read_here(read: Read, request: Request) -> Parts:
    """A batch, read as a process that reads ahead would."""
    with one_thread():
        return read(*request, _nothing)


def _answer(
    answers: Iterator[Any], processes: Sequence[BaseProcess], notes: Notes, where: str
) -> Parts:
    """The next answer; not within the handling of an error, whose trace would keep the loader."""
    death = None
    try:
        answer: Parts | Fault = next(answers)
    # A loader says so itself, or fails to take over what the process had put down.
    except (RuntimeError, OSError, EOFError):
        death = _death(processes, notes, where)
        if death is None:
            raise
    if death is not None:
        raise RunError(death)
    if isinstance(answer, Fault):
        raise InputError(answer.message)
    return answer


def _death(processes: Sequence[BaseProcess], notes: Notes, where: str) -> str | None:
    """What is known of a process that died, None where none has."""
    wait([process.sentinel for process in processes], PATIENCE)
    at = dict(zip(notes[::2], notes[1::2], strict=True))
    for process in processes:
        code = process.exitcode
        if code is None or process.pid is None:
            continue
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        number = at.get(process.pid, 0)
        place = f" while it was at sample {number - 1}" if number else ""
        return (
            f"A process that reads {where} {how}{place}; to see why, do without such processes, "
            "with --workers 0 (in Python, workers=0)."
        )
    return None


def _as_it_is(answer: Any) -> Any:
    return answer


def _nothing(number: int) -> None:
    """Nobody notes which sample is begun."""
