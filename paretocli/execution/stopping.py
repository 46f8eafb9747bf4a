"""The wish to stop: Ctrl-C or a signal, once for soon; Ctrl-C or SIGTERM after that for at once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

# A terminal that is closed sends SIGHUP, a cluster whose time runs out SIGUSR1.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)

# The others come more than once without anybody being impatient: when a terminal is closed, from
# the shell and from the system.
AT_ONCE = (signal.SIGINT, signal.SIGTERM)


def ending_signals() -> list[signal.Signals]:
    """Those that end a program, beside Ctrl-C; not SIGHUP where it is ignored, as by `nohup`."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [n for n in SIGNALS if n != signal.SIGINT and not (n == signal.SIGHUP and ignored)]


class Stop:
    """Whether somebody has asked to stop, and by which signal.

    Args:
        asked: Called at the first time.
    """

    def __init__(self, asked: Callable[[], None]) -> None:
        self.signal: int | None = None
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
            if number not in AT_ONCE:
                return
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(128 + number)
        # No call before this: another signal could be heard in between, and would ask again.
        self.signal = number
        self.asked()


@contextmanager
def stop_on_signals(asked: Callable[[], None]) -> Iterator[Stop]:
    """Take Ctrl-C and signals as a wish to stop soon; Ctrl-C or SIGTERM after it stop at once."""
    stop = Stop(asked)
    heard = (signal.SIGINT, *ending_signals())
    before = {number: signal.signal(number, stop.hear) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
