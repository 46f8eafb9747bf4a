"""How often to do what costs more the further a sweep is, and is of use while it runs only."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pace:
    """Lets something be done again only when its cost stays a small share of the time.

    What is done costs more each time. After a time of `cost` it may be done again when
    `cost / share` has gone by, so that all of it together takes at most about `share` of the time,
    and the first time is at once.

    Args:
        share: Of the time, between 0 and 1.
        clock: Tells seconds.
    """

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.share = share
        self.clock = clock
        self.next = -float("inf")

    def due(self) -> bool:
        """Whether it may be done now."""
        return self.clock() >= self.next

    @contextmanager
    def measured(self) -> Iterator[None]:
        """What is done within is what it costs."""
        start = self.clock()
        yield
        end = self.clock()
        self.next = end + (end - start) / self.share
