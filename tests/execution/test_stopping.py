import os
import signal

import pytest

from paretocli.execution.stopping import ending_signals, stop_on_signals


@pytest.mark.parametrize(
    ("number", "code", "raised"),
    [(signal.SIGINT, 130, KeyboardInterrupt), (signal.SIGTERM, 143, SystemExit)],
)
def test_once_is_a_wish_and_twice_an_order(number, code, raised):
    before = signal.getsignal(number)
    told = []
    with stop_on_signals(lambda: told.append("asked")) as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        assert stop.exit_code == code
        assert told == ["asked"]
        with pytest.raises(raised):
            os.kill(os.getpid(), number)
        assert told == ["asked"]
    assert signal.getsignal(number) == before


@pytest.fixture
def hangups():
    """They are heard, also where the tests are run by `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGUSR1, 138)])
def test_what_comes_twice_by_itself_is_a_wish_both_times(number, code):
    told = []
    with stop_on_signals(lambda: told.append("asked")) as stop:
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        assert stop.exit_code == code
        assert told == ["asked"]
        with pytest.raises(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_hangup_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert ending_signals() == [signal.SIGTERM, signal.SIGUSR1]
        with stop_on_signals(lambda: None) as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)
