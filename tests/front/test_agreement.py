"""How far measured steps are off the plane with a normal, by hand."""

import numpy as np
import pytest

from paretocli.front.agreement import LARGEST_FACTOR, disagreement, refuse_contradicted
from paretocli.front.normal import NoRatesError, Normal, beyond

NORMAL = np.array([2.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("change", "objective", "expected"),
    [
        ([-1.0, 1.0, 1.0], 0, 1.0),  # a gain of 2 for a cost of 2
        ([-1.0, 4.0, 0.0], 0, 2.0),
        ([-1.0, 0.5, 0.0], 0, 4.0),
        ([1.0, -3.0, 1.0], 1, 1.0),  # in the second: 3 for 2 + 1
        ([-1.0, -1.0, 0.0], 0, np.inf),  # all better
        ([-1.0, 0.0, 0.0], 0, np.inf),
        ([1.0, -2.0, 0.0], 0, 1.0),  # the other way
        ([np.nan, 1.0, 0.0], 0, np.inf),
    ],
)
def test_factors_by_hand(change, objective, expected):
    assert disagreement(NORMAL, np.array(change), objective) == pytest.approx(expected)


def test_a_step_that_is_off_by_more_is_refused():
    normal = Normal(NORMAL, np.array([True] * 3), stationarity=0.3)
    fair = np.array([-1.0, 2 * LARGEST_FACTOR, 0.0])
    refuse_contradicted(normal, {4: {0: fair}})
    with pytest.raises(NoRatesError, match=r"point 5 .* by a factor of 3\.3, above 3$"):
        refuse_contradicted(normal, {4: {0: fair}, 5: {0: np.array([-1.0, 6.6, 0.0])}})
    with pytest.raises(NoRatesError, match="no point beside it"):
        refuse_contradicted(normal, {})


def test_numbers_that_look_alike_get_more_digits():
    assert beyond(0.31, 0.2) == "0.31, above 0.2"
    assert beyond(0.0503, 0.05) == "0.0503, above 0.05"
