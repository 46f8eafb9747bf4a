import pytest

from paretocli.plots.numbers import format_size, log_places


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.02, "0.02"),
        (999, "999"),
        (1000, "1k"),
        (30_000, "30k"),
        (5250, "5.25k"),
        (1_500_000, "1.5M"),
        (2e9, "2G"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_sizes_are_printed_in_thousands_and_millions(value, expected):
    assert format_size(value) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (9_000, 220_000, [10_000, 20_000, 50_000, 100_000, 200_000]),
        (900, 400_000, [1_000, 3_000, 10_000, 30_000, 100_000, 300_000]),
        (1e3, 1e7, [1e3, 1e4, 1e5, 1e6, 1e7]),
        (0.1, 1.0, [0.1, 0.2, 0.5, 1.0]),
        (5100, 5530, [5100, 5200, 5300, 5400, 5500]),
    ],
)
def test_places_are_round(low, high, expected):
    assert log_places(low, high) == expected


@pytest.mark.parametrize("low", [1e-7, 0.13, 1.0, 7.7, 5508.0, 3.1e8])
@pytest.mark.parametrize("factor", [1.02, 1.21, 1.9, 3.0, 8.0, 40.0, 999.0, 1e6, 1e15])
def test_there_are_neither_too_few_places_nor_too_many(low, factor):
    places = log_places(low, low * factor)
    assert 3 <= len(places) <= 8
    assert low <= min(places)
    assert max(places) <= low * factor
    assert len({format_size(place) for place in places}) == len(places)
