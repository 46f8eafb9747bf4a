"""Jobs one after another, here."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from paretocli.execution.executor import Ended, Executor, Work


class InProcess(Executor):
    """Runs each job where it is asked for its messages. What a job raises is raised there.

    Args:
        work: What to do for a job.
        shared: What all jobs share.
        stop: Whether to stop early.
    """

    def __init__(self, work: Work, shared: Any, stop: Callable[[], bool]) -> None:
        self.work = work
        self.shared = shared
        self.stop = stop
        self.waiting: deque[tuple[str, Any]] = deque()

    def submit(self, name: str, job: Any) -> None:
        """Add a job."""
        self.waiting.append((name, job))

    def messages(self) -> Iterator[tuple[str, Any]]:
        """What the jobs yield."""
        while self.waiting and not self.stop():
            name, job = self.waiting.popleft()
            for message in self.work(self.shared, job, 0, self.stop):
                yield name, message
            yield name, Ended()

    def close(self, *, at_once: bool) -> None:
        """Nothing runs but while messages are read."""
