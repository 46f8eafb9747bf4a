import os
import signal

import pytest

from paretocli.execution.stopping import stop_on_signals


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
