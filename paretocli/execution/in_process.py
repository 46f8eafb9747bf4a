"""Jobs one after another, here."""

from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from paretocli.execution.executor import Ended, Work


class InProcess:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass
