"""The wish to stop: Ctrl-C and SIGTERM, once for soon and twice for at once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether somebody has asked to stop, and by which signal.

    Args:
        asked: Called at the first time.
    """

    def __init__(self, asked: Callable[[], None]) -> None:
        self.signal: signal.Signals | None = None
        self.asked = asked

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """What a program ends with that was stopped by this signal."""
        assert self.signal is not None
        return 128 + self.signal

    def hear(self, number: int, frame: FrameType | None) -> None:
        """A signal's handler.

        Raises:
            KeyboardInterrupt: This is the second time.
            SystemExit: So it is, by SIGTERM.
        """
        if self.signal is not None:
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(128 + number)
        self.signal = signal.Signals(number)
        self.asked()


@contextmanager
def stop_on_signals(asked: Callable[[], None]) -> Iterator[Stop]:
    """Take Ctrl-C and SIGTERM as a wish to stop soon; a second one stops at once."""
    stop = Stop(asked)
    before = {number: signal.signal(number, stop.hear) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
