"""Jobs on a Dask cluster, in slices.

Each slice goes on from the state that the one before it gave back, for some seconds. So what a
worker knows is never older than that when it dies, nothing is shared but what is sent, and a slice
that was lost is done again by another worker with the same result. The futures are those of
`distributed` itself: its backend for joblib hangs when a worker dies for good.
"""

import pickle
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

import cloudpickle

from paretocli.errors import InputError
from paretocli.execution.executor import PATIENCE, Ended, Executor, Work, explained, failed
from paretocli.extras import require

LOCAL = "local:"
CONNECTING = 10.0  # seconds to wait for a scheduler

# A message that a job may go on from, as that job; None where it may not.
Resumed = Callable[[Any, Any], Any]

_one_at_a_time = threading.Lock()


class Cluster(Executor):
    """Runs jobs on the workers of a Dask cluster.

    Args:
        work: What to do for a job.
        shared: What all jobs share; sent to the workers once.
        stop: Whether to stop early.
        client: As `connected` gives it.
        note: Tells the user something.
        resumed: Makes the job that goes on from a message.
        slice_seconds: How long a job runs until it hands in what it has.
        resources: What a worker must offer, such as {"GPU": 1}.
    """

    def __init__(
        self,
        work: Work,
        shared: Any,
        stop: Callable[[], bool],
        *,
        client: Any,
        note: Callable[[str], None],
        resumed: Resumed,
        slice_seconds: float,
        resources: dict[str, float] | None = None,
    ) -> None:
        self.stop = stop
        self.note = note
        self.resumed = resumed
        self.slice_seconds = slice_seconds
        self.resources = resources
        self.common = cloudpickle.dumps((work, shared))
        self.arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.under_way: dict[Any, tuple[str, Any]] = {}
        self.sent: Any = None
        self.client = client

    def submit(self, name: str, job: Any) -> None:
        """Send a job's next slice, once there is a worker; not where it is to stop before that."""
        if (self.sent is None or self.sent.status != "finished") and not self._send_common():
            return
        future = self.client.submit(
            _slice,
            self.sent,
            cloudpickle.dumps(job),
            self.slice_seconds,
            key=f"paretocli-{name}-{time.monotonic_ns()}",
            pure=False,
            resources=self.resources,
        )
        self.under_way[future] = (name, job)
        future.add_done_callback(self.arrived.put)

    def _send_common(self) -> bool:
        """Send what all jobs share, as soon as there is a worker; whether it was sent."""
        told = False
        while not self.stop():
            try:
                self.client.wait_for_workers(1, timeout=PATIENCE)
                (self.sent,) = self.client.scatter([self.common], broadcast=True, hash=False)
            except TimeoutError:  # there is none, or it went before it could be sent anything
                if not told:
                    self.note("The cluster has no worker yet; waiting for one.")
                    told = True
            else:
                return True
        return False

    def messages(self) -> Iterator[tuple[str, Any]]:
        """What the jobs yield, a slice at a time."""
        while self.under_way:
            if self.stop():
                self._drop_waiting()
            try:
                future = self.arrived.get(timeout=PATIENCE)
            except queue.Empty:
                continue
            if future not in self.under_way:
                continue
            name, job = self.under_way.pop(future)
            yield from self._result(future, name, job)

    def _result(self, future: Any, name: str, job: Any) -> Iterator[tuple[str, Any]]:
        if future.status != "finished":
            error = future.exception() if future.status == "error" else None
            reason = explained(error) if error else "its slice was cancelled by the cluster"
            yield name, Ended(reason, lost=True)
            return
        last = None
        for last in pickle.loads(future.result()):
            yield name, last
        if isinstance(last, Ended):
            return
        going_on = self.resumed(job, last)
        if going_on is None or self.stop():
            yield name, Ended()
        else:
            self.submit(name, going_on)

    def _drop_waiting(self) -> None:
        """Let go of slices that no worker has begun."""
        running = {key for keys in self.client.processing().values() for key in map(str, keys)}
        for future in list(self.under_way):
            if future.key not in running and future.status == "pending":
                del self.under_way[future]
                future.cancel()

    def close(self, *, at_once: bool) -> None:
        """Cancel what is under way."""
        self.client.cancel(list(self.under_way), force=True)
        self.under_way.clear()
        self.sent = None


def check_cluster(address: str) -> None:
    """Refuse what is no address, or where `distributed` is not installed.

    Raises:
        InputError: It is so.
    """
    require("distributed", extra="cluster", asked="--cluster")
    count = address.removeprefix(LOCAL)
    local = address.startswith(LOCAL) and count.isdecimal() and int(count) >= 1
    if not local and "://" not in address:
        raise InputError(
            f"--cluster {address} should be a scheduler's address such as tcp://host:8786, or "
            "local:2 for two workers on this machine."
        )


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the cluster, None where no address is given.

    Args:
        address: Of the scheduler, or `local:N` for a cluster of N worker processes here.

    Raises:
        InputError: There is no scheduler at the address.
    """
    if not address:
        yield None
        return
    from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra

    with ExitStack() as stack:
        place: Any = address
        if address.startswith(LOCAL):
            workers = int(address.removeprefix(LOCAL))
            place = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
            stack.enter_context(place)
        try:
            client = Client(place, timeout=CONNECTING)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(
                f"There is no scheduler at {address} ({explained(error)}); check --cluster."
            ) from None
        yield stack.enter_context(client)


def _slice(common: bytes, job: bytes, seconds: float) -> bytes:
    """What the work of a job says within some seconds; `Ended` if it failed."""
    messages: list[Any] = []
    end = time.monotonic() + seconds

    def stop() -> bool:
        return time.monotonic() >= end

    # The settings of torch and its random numbers are those of the whole process.
    with _one_at_a_time:
        try:
            work, shared = _loaded(common)
            messages.extend(work(shared, pickle.loads(job), 0, stop))
        except Exception as error:  # whatever a job's own code raises ends that job alone
            return pickle.dumps([*messages, failed(error)])
    return pickle.dumps(messages)


@lru_cache(maxsize=1)
def _loaded(common: bytes) -> tuple[Work, Any]:
    """What all jobs share; kept for the next slice."""
    work, shared = pickle.loads(common)
    return work, shared
