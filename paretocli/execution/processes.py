"""Jobs in worker processes on this machine.

A pool such as joblib's is taken down as a whole when one of its workers dies, and its jobs say
nothing until they return. Here a worker that dies takes its own job with it alone, and each job
has a pipe to speak through. Workers write nothing themselves, so that none that outlives its
parent, for however short, can get in the way of the next run.
"""

import multiprocessing
import pickle
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any

import cloudpickle

from paretocli.errors import RunError
from paretocli.execution.executor import PATIENCE, Ended, Executor, Work
from paretocli.execution.nursery import start_worker
from paretocli.execution.worker import STOP

MOST_FAILED_STARTS = 3
FAREWELL = 5.0  # seconds that idle workers have to leave


class Worker:
    """A process, the pipe to it, and the name of the job that it is at."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.connection, theirs = multiprocessing.Pipe()
        self.process = start_worker(theirs.fileno(), number)
        theirs.close()
        self.ready = False
        self.job: str | None = None

    def send(self, content: bytes) -> None:
        """Tell it something; that it is dead is found out elsewhere."""
        with suppress(OSError):
            self.connection.send_bytes(content)

    def death(self) -> str:
        """How it died."""
        code = self.process.wait()
        if code < 0:
            return f"its process was killed by {signal.Signals(-code).name}"
        return f"its process ended with exit code {code}"


class Processes(Executor):
    """Runs jobs in worker processes, which start when there is something to do for them.

    Args:
        work: What to do for a job; a function that can be imported.
        shared: What all jobs share; sent to each worker once.
        stop: Whether to stop early.
        workers: How many there are at most.
    """

    def __init__(self, work: Work, shared: Any, stop: Callable[[], bool], workers: int) -> None:
        self.common = cloudpickle.dumps((work, shared))
        self.stop = stop
        self.most = workers
        self.workers: dict[int, Worker] = {}
        self.waiting: deque[tuple[str, Any]] = deque()
        self.told_to_stop = False
        self.failed_starts = 0

    def submit(self, name: str, job: Any) -> None:
        """Add a job."""
        self.waiting.append((name, job))

    def messages(self) -> Iterator[tuple[str, Any]]:
        """What the jobs yield, in the order in which it arrives."""
        while True:
            if self.stop():
                self.waiting.clear()
                self._tell_to_stop()
            self._start_workers()
            self._hand_out()
            busy = [worker for worker in self.workers.values() if worker.job is not None]
            if not busy and not self.waiting:
                return
            readable = wait([worker.connection for worker in self.workers.values()], PATIENCE)
            for worker in list(self.workers.values()):
                if worker.connection in readable:
                    yield from self._heard(worker)

    def _tell_to_stop(self) -> None:
        if not self.told_to_stop:
            self.told_to_stop = True
            for worker in self.workers.values():
                # One that still starts would take it for what all jobs share.
                if worker.ready:
                    worker.send(STOP)

    def _start_workers(self) -> None:
        idle = sum(worker.job is None for worker in self.workers.values())
        wanted = min(self.most - len(self.workers), len(self.waiting) - idle)
        free = (number for number in range(self.most) if number not in self.workers)
        for number in [number for number, _ in zip(free, range(wanted), strict=False)]:
            self.workers[number] = Worker(number)

    def _hand_out(self) -> None:
        for worker in self.workers.values():
            if worker.ready and worker.job is None and self.waiting:
                worker.job, job = self.waiting.popleft()
                worker.send(cloudpickle.dumps(job))

    def _heard(self, worker: Worker) -> Iterator[tuple[str, Any]]:
        """One thing that a worker has said, or its death."""
        try:
            message = pickle.loads(worker.connection.recv_bytes())
        except (EOFError, OSError):
            del self.workers[worker.number]
            worker.connection.close()
            reason = worker.death()
            if worker.job is not None:
                yield worker.job, Ended(reason, lost=True)
            elif not worker.ready:
                self.failed_starts += 1
                if self.failed_starts > MOST_FAILED_STARTS:
                    raise RunError(
                        f"Worker processes cannot be started ({reason}); use --jobs 1."
                    ) from None
            return
        if not worker.ready:
            # Only now: what is larger than the pipe's buffer waits until somebody reads it.
            worker.ready = True
            worker.send(self.common)
            return
        assert worker.job is not None
        name = worker.job
        if isinstance(message, Ended):
            worker.job = None
        yield name, message

    def close(self, *, at_once: bool) -> None:
        """Kill the workers that are at something, and wait for the others to leave."""
        for worker in self.workers.values():
            if worker.job is not None or not worker.ready or at_once:
                worker.process.kill()
            worker.connection.close()
        for worker in self.workers.values():
            try:
                worker.process.wait(FAREWELL)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
        self.workers.clear()
