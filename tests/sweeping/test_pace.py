"""What costs more and more takes a small share of the time."""

from paretocli.sweeping.pace import Pace


def test_all_of_it_takes_the_share_that_was_given():
    now = [0.0]
    pace = Pace(0.02, clock=lambda: now[0])
    spent = times = 0
    for step in range(10_000):
        now[0] += 0.1
        if pace.due():
            with pace.measured():
                now[0] += 0.0001 * step  # what is done costs more each time
                spent += 0.0001 * step
            times += 1
    assert 0.01 * now[0] < spent < 0.02 * now[0]
    assert times > 10


def test_the_first_time_is_at_once():
    assert Pace(0.02).due()


def test_what_fails_counts_for_nothing():
    pace = Pace(0.02)
    try:
        with pace.measured():
            raise OSError
    except OSError:
        assert pace.due()
