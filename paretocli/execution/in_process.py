"""Jobs one after another, here."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from paretocli.execution.executor import Ended, Executor, Work, failed


class InProcess(Executor):
    """Runs each job where it is asked for its messages. What a job raises ends that job alone.

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
            for message in self._done(job):
                yield name, message

    def _done(self, job: Any) -> Iterator[Any]:
        """What a job yields, and how it ended."""
        try:
            yield from self.work(self.shared, job, 0, self.stop)
        except Exception as error:  # whatever a job's own code raises
            yield failed(error)
        else:
            yield Ended()

    def close(self, *, at_once: bool) -> None:
        """Nothing runs but while messages are read."""
