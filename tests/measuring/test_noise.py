"""What two halves of the calls say of measurements."""

import pytest

from paretocli.measuring.noise import rank_correlation, within_noise
from tests.planted import measurements, timed


def with_halves(*halves):
    found = measurements(dict.fromkeys(range(len(halves)), 1.0))
    for one, (first, second) in zip(found["points"], halves, strict=True):
        one["latency"]["1"] = timed((first + second) / 2, (first, second))
    return found


@pytest.mark.parametrize(
    ("halves", "expected"),
    [
        ([(1, 1), (2, 2), (3, 3)], 1.0),
        ([(1, 3), (2, 2), (3, 1)], -1.0),
        ([(1, 2), (2, 1), (3, 3)], 0.5),
        ([(1, 1), (1, 2), (3, 3)], pytest.approx(0.8660254)),  # ranks 1.5, 1.5, 3
        ([(1, 1), (2, 2)], None),
        ([(1, 1), (1, 2), (1, 3)], None),
    ],
)
def test_the_correlation_is_that_of_ranks(halves, expected):
    assert rank_correlation(with_halves(*halves), "1") == expected


def test_pairs_are_within_noise_where_halves_do_not_agree_or_differ_as_much():
    found = with_halves((1.0, 1.1), (1.05, 1.02), (1.2, 1.2), (3.0, 3.25), (3.3, 3.31))
    # 0 and 1 swap; 3 and 4 keep their order, but differ by no more than the halves of 3.
    assert within_noise(found, "1") == [(1, 0), (3, 4)]
    assert within_noise(with_halves((1, 1), (2, 2)), "1") == []
