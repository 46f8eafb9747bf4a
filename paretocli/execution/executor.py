"""What runs jobs, and what it says while it does."""

import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

PATIENCE = 0.2  # seconds until the wish to stop is looked at again

# A job's work: what all jobs share, the job, the number of its worker, and whether to stop early.
# It yields messages as it goes along.
Work = Callable[[Any, Any, int, Callable[[], bool]], Iterator[Any]]


@dataclass(frozen=True)
class Ended:
    """A job is over.

    Attributes:
        error: What went wrong, empty where nothing did.
        lost: Its worker died, by no fault of the job that is known of.
        trace: Where the job's own code went wrong, for those who mend it.
    """

    error: str = ""
    lost: bool = False
    trace: str = field(default="", compare=False)


class LostError(Exception):
    """A process that others compute with is gone, by no fault of the job that is known of."""


class Executor(ABC):
    """Runs jobs, several at a time or one after another.

    All that it runs is gone when its `with` block is left.
    """

    @abstractmethod
    def submit(self, name: str, job: Any) -> None:
        """Add a job; more may be added while messages are read."""

    @abstractmethod
    def messages(self) -> Iterator[tuple[str, Any]]:
        """What the work of each job yields, and `Ended` last, with the job's name.

        Ends when no job is left, or when it was asked to stop and all that ran has stopped.
        """

    @abstractmethod
    def close(self, *, at_once: bool) -> None:
        """End all that still runs.

        Args:
            at_once: Do not wait for anything.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(at_once=kind is not None)


def explained(error: BaseException) -> str:
    """An exception as part of a sentence."""
    text = str(error).strip()
    first_line = text.splitlines()[0] if text else "(no message)"
    return f"{type(error).__name__}: {first_line}"


def failed(error: Exception) -> Ended:
    """How a job ends whose own code has raised something."""
    if isinstance(error, LostError):
        return Ended(str(error), lost=True)
    return Ended(explained(error), trace="".join(traceback.format_exception(error)))
