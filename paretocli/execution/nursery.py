"""A process that workers are forked from: it has imported what they need, and computed nothing.

A new interpreter takes seconds to import torch, and each worker would take them at the same time. A
copy of a process takes none, but has only one of its threads, so it is made before there are any:
the nursery is forked off when a command begins, and workers from it when they are wanted.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from threadpoolctl import threadpool_info

from paretocli.execution.stopping import SIGNALS
from paretocli.execution.worker import START, be_called, die_with, serve

NAME = "paretocli-fork"
# What torch itself imports when a network is first trained; workers need not wait for it.
LATE_IMPORTS = ("torch._dynamo",)
MOST_BYTES = 2**20  # of a request
PAUSE = 0.01  # seconds between two looks at a process that ends


class Process(Protocol):
    """What is asked of a worker's process, as `subprocess.Popen` has it."""

    def kill(self) -> None:
        """End it at once."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or the negative number of the signal that killed it."""


class Nursery:
    """The process, from the side of the one that wants workers.

    Args:
        channel: To it.
        pid: Its number.
    """

    def __init__(self, channel: socket.socket, pid: int) -> None:
        self.channel = channel
        self.pid = pid

    def start(self, descriptor: int, number: int) -> "ForkedWorker":
        """Fork a worker.

        Args:
            descriptor: Of the pipe that it is to speak through.
            number: Which worker it is.

        Raises:
            OSError: There is no nursery any more.
        """
        request = json.dumps({"path": sys.path, "number": number}).encode()
        socket.send_fds(self.channel, [request], [descriptor])
        return ForkedWorker(self, self._answer())

    def exit_code(self, pid: int) -> int | None:
        """How a worker ended, None while it runs."""
        self.channel.send(json.dumps({"ended": pid}).encode())
        code: int | None = self._answer()
        return code

    def _answer(self) -> Any:
        answer = self.channel.recv(MOST_BYTES)
        if not answer:
            raise BrokenPipeError("the process that workers are forked from is gone")
        return json.loads(answer)


class ForkedWorker:
    """A worker's process that was forked from the nursery."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.nursery = nursery
        self.pid = pid
        self.code: int | None = None

    def kill(self) -> None:
        """End it at once."""
        if self.code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, or the negative number of the signal that killed it.

        Raises:
            subprocess.TimeoutExpired: It has not ended by then.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while self.code is None:
            try:
                self.code = self.nursery.exit_code(self.pid)
            except OSError:  # with the nursery go its workers
                self.code = -signal.SIGKILL
            if self.code is None:
                if end is not None and time.monotonic() > end:
                    raise subprocess.TimeoutExpired("a worker", timeout or 0)
                time.sleep(PAUSE)
        return self.code


_NURSERIES: list[Nursery] = []  # the one there is, if any


@contextmanager
def nursery(modules: Sequence[str] = LATE_IMPORTS) -> Iterator[None]:
    """Have workers forked from a copy of this process, as long as this lasts.

    Where no copy is safe, since there are threads already, or the system is another one than Linux,
    workers are new interpreters as they are without this.

    Args:
        modules: What the copy imports besides, while this process goes on.
    """
    if not _is_safe():
        yield
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    # It inherits what is held back, until it ignores what its parent has to decide on.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, those of OpenBLAS
        pid = os.fork()
    if pid == 0:
        ours.close()
        _live(theirs, parent, before, modules)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    _NURSERIES.append(Nursery(ours, pid))
    try:
        yield
    finally:
        _NURSERIES.clear()
        ours.close()
        # It may be importing still, for workers that nobody wants any more.
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def start_worker(descriptor: int, number: int) -> Process:
    """Start a worker: a fork of the nursery where there is one, else a new interpreter.

    Args:
        descriptor: Of the pipe that it is to speak through.
        number: Which worker it is.
    """
    if _NURSERIES:
        try:
            return _NURSERIES[0].start(descriptor, number)
        except OSError:
            _NURSERIES.clear()
    arguments = [json.dumps(sys.path), *map(str, (descriptor, number, os.getpid()))]
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", START, *arguments],
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _is_safe() -> bool:
    """Whether a copy of this process is whole: it has one thread, and those of OpenBLAS.

    OpenBLAS starts its own when numpy is imported, ends them before a fork and makes them anew.
    """
    if sys.platform != "linux" or _NURSERIES:
        return False
    pools = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
    known = sum(pool["num_threads"] - 1 for pool in pools if pool["threading_layer"] == "pthreads")
    try:
        return bool(len(list(Path("/proc/self/task").iterdir())) <= 1 + known)
    except OSError:
        return False


def _live(
    channel: socket.socket, parent: int, mask: set[int | signal.Signals], modules: Sequence[str]
) -> None:
    """Be the nursery, or a worker that was forked from it; never return."""
    code = 1
    try:
        die_with(parent)
        be_called(NAME)
        for ignored in SIGNALS:
            signal.signal(ignored, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        with Path(os.devnull).open() as nothing:
            os.dup2(nothing.fileno(), 0)
        for module in modules:
            import_module(module)
        order = _wait_for_order(channel)
        if order is not None:
            descriptor, number, path, nursery_pid = order
            channel.close()
            sys.path[:] = path
            serve(descriptor, number, nursery_pid)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        # Without what is done at exit, which is the parent's to do: it may remove its files.
        os._exit(code)


def _wait_for_order(channel: socket.socket) -> tuple[int, int, list[str], int] | None:
    """Answer until nobody asks any more; in a forked worker, return what it is to do."""
    here = os.getpid()
    while True:
        request, descriptors, _, _ = socket.recv_fds(channel, MOST_BYTES, 1)
        if not request:
            return None
        asked = json.loads(request)
        if "ended" in asked:
            pid, status = os.waitpid(asked["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                return descriptors[0], asked["number"], asked["path"], here
            os.close(descriptors[0])
        channel.send(json.dumps(answer).encode())
