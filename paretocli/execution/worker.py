"""A worker's process: jobs as they come, until nobody is left to send them.

It is no copy of a parent that computes, whose threads would not survive that; and it does not
import the parent's main module, which may be somebody's script.
"""

import ctypes
import gc
import os
import pickle
import signal
import sys
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

from paretocli.execution.executor import Ended, Work, failed
from paretocli.execution.stopping import SIGNALS
from paretocli.streams import unfailing_streams

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
NAME = "paretocli-work"  # as `ps` and `top` show it; the kernel keeps 15 letters
STOP = b"stop"

# What the interpreter is told to run, with the parent's search path, the pipe's descriptor, the
# worker's number and the parent's process as arguments.
START = (
    "import json, sys; path, *numbers = sys.argv[1:]; sys.path[:] = json.loads(path); "
    "from paretocli.execution.worker import serve; serve(*map(int, numbers))"
)


def serve(descriptor: int, number: int, parent: int) -> None:
    """Do what the parent asks for.

    Args:
        descriptor: Of the pipe to it.
        number: This worker's.
        parent: Its process.
    """
    die_with(parent)
    be_called(NAME)
    # Ctrl-C and the like reach the whole group; the parent decides what follows from them. Until
    # here they were held back.
    for ignored in SIGNALS:
        signal.signal(ignored, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    with unfailing_streams():
        _work(Connection(descriptor), number)


def _work(connection: Connection, number: int) -> None:
    """Do what comes, until nobody asks any more."""
    stopping = False

    def stop() -> bool:
        nonlocal stopping
        while not stopping and connection.poll():
            stopping = connection.recv_bytes() == STOP
        return stopping

    try:
        connection.send_bytes(pickle.dumps("ready"))
        common = connection.recv_bytes()
        while (job := connection.recv_bytes()) != STOP:
            connection.send_bytes(pickle.dumps(_do(common, job, number, stop, connection)))
    except (EOFError, OSError):
        return  # the parent is gone


def _do(
    common: bytes, job: bytes, number: int, stop: Callable[[], bool], connection: Connection
) -> Ended:
    """Do one job and pass on what it says."""
    try:
        work, shared = _loaded(common)
        for message in work(shared, pickle.loads(job), number, stop):
            connection.send_bytes(pickle.dumps(message))
    except Exception as error:  # whatever a job's own code raises ends that job alone
        return failed(error)
    return Ended()


@cache
def _loaded(common: bytes) -> tuple[Work, Any]:
    work, shared = pickle.loads(common)
    gc.freeze()  # it all stays to the end: no collection need look through it, and all of torch
    return work, shared


def be_called(name: str) -> None:
    """Set the name that `ps` and `top` show for this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode())


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it is gone already
        os._exit(1)
