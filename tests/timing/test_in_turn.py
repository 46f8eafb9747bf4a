"""Functions that are timed in turn, by a clock of the test's own."""

import pytest

from paretocli.timing import in_turn
from paretocli.timing.faster import times_faster
from paretocli.timing.in_turn import timed_in_turn, times_of


class Clock:
    """Time that passes where somebody lets it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def takes(self, seconds):
        """A function that takes so long, by its calls."""
        seconds = iter(seconds)

        def function():
            self.now += next(seconds)

        return function


@pytest.fixture
def as_ever(few_calls, monkeypatch):
    for name, number in few_calls.items():
        monkeypatch.setattr(in_turn, name, number)


def forever(seconds):
    while True:
        yield seconds


def test_medians_and_percentiles_are_of_what_comes_after_the_warm_up(as_ever):
    clock = Clock()
    slow = clock.takes([100.0] * 10 + [float(number) for number in range(1, 101)])
    fast = clock.takes(forever(0.001))
    found, other = timed_in_turn([slow, fast], calls=100, clock=clock)
    assert found.calls == 100
    assert found.median == pytest.approx(50.5)
    assert found.p95 == pytest.approx(95)
    assert found.halves == pytest.approx((25.5, 75.5))
    assert other.median == pytest.approx(0.001)


@pytest.mark.parametrize(("seconds", "calls"), [(0.0, 200), (0.125, 14), (60.0, 2)])
def test_slow_functions_are_called_less_often(as_ever, seconds, calls):
    clock = Clock()  # 7.5 seconds for three are 20 rounds of 0.375, of which 6 warm up
    for found in timed_in_turn([clock.takes(forever(seconds))] * 3, clock=clock):
        assert found.calls == calls


def test_each_is_called_once_a_round_in_changing_order(as_ever):
    called = []
    functions = [lambda name=name: called.append(name) for name in "abc"]
    timed_in_turn(functions, calls=20, clock=Clock())
    rounds = ["".join(called[i : i + 3]) for i in range(0, len(called), 3)]
    assert len(rounds) == 30
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert len({*rounds}) == 6


def test_times_are_written_in_milliseconds():
    assert times_of([0.001, 0.003]).content() == {
        "median_ms": 2.0,
        "p95_ms": 3.0,
        "halves_ms": [1.0, 3.0],
        "calls": 2,
    }


@pytest.mark.parametrize(
    ("halves", "expected"),
    [
        (([4, 4], [2, 2]), (2.0, "")),
        (([4, 4], [8, 8.5]), (0.5, "slower")),
        (([4, 4], [8, 3.9]), (0.8, "within noise")),
        (([4, 4], [3.5, 2.5]), (1.25, "within noise")),
        (([4, 4], [5, 3]), (1.0, "within noise")),
    ],
)
def test_what_both_halves_do_not_say_is_noise(halves, expected):
    before, after = halves
    assert times_faster(4, 4 / expected[0], before, after) == expected
