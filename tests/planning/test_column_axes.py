"""Columns as axes."""

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.planning.column_axes import normalised


def test_lower_is_better_over_the_range_on_the_front():
    accuracy, size = [0.9, 0.7, 0.8, 0.1], [1e6, 1e4, 1e5, 1e8]
    found = normalised(
        np.stack([accuracy, size], axis=1),
        maximise=[True, False],
        logarithmic=[False, True],
        front=[True, True, True, False],
    )
    np.testing.assert_allclose(found, [[0, 1], [1, 0], [0.5, 0.5], [4, 2]])


def test_a_column_without_range_counts_for_nothing():
    np.testing.assert_array_equal(normalised([[3.0, 1.0], [3.0, 2.0]]), [[0, 0], [0, 1]])


def test_the_values_stay_as_they_are():
    values = np.array([[10.0], [100.0]])
    normalised(values, logarithmic=True)
    np.testing.assert_array_equal(values, [[10], [100]])


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1.0, 2.0], {}, "a row a point"),
        ([[1.0], [np.nan]], {}, "finite"),
        ([[1.0], [0.0]], {"logarithmic": True}, "positive, found 0"),
        ([[1.0], [2.0]], {"front": [False, False]}, "No point is on the front"),
    ],
)
def test_what_cannot_be_normalised_is_refused(values, options, message):
    with pytest.raises(InputError, match=message):
        normalised(values, **options)
