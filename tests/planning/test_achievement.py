"""Which points do best what a classification asks for, by hand."""

import numpy as np
import pytest

from paretocli.front.results import read_results
from paretocli.planning.achievement import Achievement
from paretocli.planning.classification import Classes, classified
from tests.runs import write_run

COLUMNS = {
    "accuracy_left_val": [0.90, 0.94, 0.95, 0.96, 0.97],
    "accuracy_right_val": [0.97, 0.95, 0.93, 0.92, 0.80],
    "compact_parameters": [1000, 5000, 4000, 20000, 100000],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    path = tmp_path_factory.mktemp("points") / "run"
    rows = np.linspace(0, 1, 5)
    losses = np.stack([rows, 1 - rows, rows], axis=1)
    write_run(path, losses, objectives=["sparsity", "left", "right"], metrics=COLUMNS)
    return read_results(path)


def judged(results, asked, of_use=None):
    everyone = np.ones(len(results.frame), dtype=bool)
    use = everyone if of_use is None else np.array(of_use)
    return Achievement(results, classified(results, asked), everyone, use), everyone


@pytest.mark.parametrize(
    ("asked", "best"),
    [
        # As far as possible, within a bound.
        (Classes(1, ("accuracy_left",), ("size to 30000", "accuracy_right")), 3),
        (Classes(1, ("accuracy_left",), ("size to 30000", "accuracy_right to 92.5 %")), 2),
        # Right stays as it is: nobody has more of left.
        (Classes(1, ("accuracy_left",), ("size",)), None),
        # Until a level: of those that have it, the one that gives away least.
        (Classes(1, ("accuracy_left to 95 %",), ("accuracy_right", "size")), 2),
        # Not reached by any within the bounds: the one that is nearest.
        (Classes(0, ("accuracy_left to 99 %",), ("accuracy_right to 92 %", "size")), 3),
        # Two that improve: the largest distance counts, not the sum.
        (Classes(3, ("accuracy_right", "size"), ("accuracy_left",)), 0),
        # What gets better by itself is no hindrance.
        (Classes(1, ("size", "accuracy_left"), ("accuracy_right",)), 2),
    ],
)
def test_the_best_point_that_is_there(results, asked, best):
    found, everyone = judged(results, asked)
    assert found.best(everyone) == best


def test_freely_is_as_bad_as_points_of_use(results):
    asked = Classes(1, ("accuracy_left",), ("accuracy_right", "size"))
    found, everyone = judged(results, asked)
    assert found.best(everyone) == 4
    found, _ = judged(results, asked, [True, True, True, True, False])
    assert found.best(everyone) == 3
    # Not on the front.
    assert found.best(np.array([True, True, True, False, True])) == 2


def test_margins_and_gains(results):
    asked = Classes(1, ("accuracy_left to 96 %",), ("accuracy_right to 92 %", "size"))
    found, _ = judged(results, asked)
    at = found.table[3]
    assert found.missed(at[None])[0] == 0
    # Exactly at a bound, it is within by no margin; that is no more than a tenth of the way.
    assert found.missed(at[None], 1e-3)[0] == pytest.approx(1e-3)
    assert found.missed(at[None], 0.1)[0] == pytest.approx(0.1 * 3 / 17)
    np.testing.assert_allclose(found.in_units(at), [0.96, 0.92, 20000])
    # From 95 % to 96 %, over the range of 7 %.
    assert found.gain(found.table[2], at) == pytest.approx(1 / 7)
    # Both have reached it: the worst share that was given away.
    assert found.gain(found.table[4], at) > 0
