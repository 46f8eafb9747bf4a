"""The front's normal from multipliers, against the slopes of fronts that are known."""

import numpy as np
import pytest

from paretocli.front.normal import front_normal
from tests.exact import exact_points
from tests.solved import exact_multipliers, exact_slope

PLACES = [[w, 1 - w] for w in (0.2, 0.35, 0.5, 0.65, 0.8)]


@pytest.mark.parametrize("problem", ["vlmop2", "zdt2"])
@pytest.mark.parametrize("epsilon", [0.0, 1e-4, 0.1])
def test_it_is_that_of_a_known_front(problem, epsilon):
    points = exact_points(problem, PLACES, epsilon)
    multipliers = exact_multipliers(problem, PLACES, epsilon)
    for point, own, w in zip(points, multipliers, PLACES, strict=True):
        rates = front_normal(own, w, [1, 1], epsilon).rates
        assert rates[0, 1] == pytest.approx(-exact_slope(problem, point[0]), rel=1e-4)
        assert rates[1, 0] == pytest.approx(1 / rates[0, 1])


def test_the_slope_by_hand_is_that_of_the_front():
    for problem in ("vlmop2", "zdt2"):
        one, two = exact_points(problem, [[0.5, 0.5], [0.5 + 1e-5, 0.5 - 1e-5]], 0.0)
        measured = (two[1] - one[1]) / (two[0] - one[0])
        assert measured == pytest.approx(exact_slope(problem, one[0]), rel=1e-3)


def test_scales_are_units():
    plain = front_normal([0.4, 0.6], [0.7, 0.3], [1, 1], 0.01).rates
    scaled = front_normal([0.4, 0.6], [0.7, 0.3], [2, 0.5], 0.01).rates
    assert scaled[0, 1] == pytest.approx(plain[0, 1] / 4)


@pytest.mark.parametrize("least", [0.0, 1e-5])
def test_what_does_not_bind_has_no_rate(least):
    normal = front_normal([least, 0.5, 0.5 - least], [0.2, 0.4, 0.4], [1, 1, 1], 1e-4)
    assert normal.binds.tolist() == [False, True, True]
    assert np.isnan(normal.rates[0]).all()
    assert np.isnan(normal.rates[:, 0]).all()
    assert normal.rates[1, 2] == pytest.approx(1, rel=1e-4)


def test_without_epsilon_a_multiplier_of_zero_does_not_bind():
    assert front_normal([0.0, 1.0], [0.5, 0.5], [1, 1], 0.0).binds.tolist() == [False, True]
