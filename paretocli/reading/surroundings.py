"""The processes that read ahead, and the one that they belong to: signals, threads, deaths."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch

from paretocli.execution.stopping import SIGNALS
from paretocli.reading.requests import Notes


def available_processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def as_no_daemon() -> Iterator[None]:
    """Let this process have children, which one of a Dask cluster is not to have.

    Lest they are left behind: these look themselves whether their parent is still there.
    """
    here = multiprocessing.current_process()
    daemon = here.daemon
    if daemon:
        here.daemon = False
    try:
        yield
    finally:
        if daemon:
            here.daemon = True


@contextmanager
def deaths_unheard() -> Iterator[None]:
    """Let the death of a worker be found where its answer is waited for, not in any line at all."""
    if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
        yield
        return
    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, handler)


@contextmanager
def one_thread() -> Iterator[None]:
    """As in a process that reads: the number of threads can change the last digits."""
    threads = torch.get_num_threads()
    if threads != 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if threads != 1:
            torch.set_num_threads(threads)


def begin(notes: Notes, number: int) -> None:
    """Make a process one that reads: when to stop is its parent's to decide."""
    notes[2 * number] = os.getpid()
    for ignored in SIGNALS:
        signal.signal(ignored, signal.SIG_IGN)
    # The parent has other means, but asks so at last, twice; a cluster asks all processes once.
    signal.signal(signal.SIGTERM, _first_asked)


def _first_asked(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
