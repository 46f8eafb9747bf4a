"""Tests of the differences between methods."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from paretocli.front.repetitions import Repetition
from paretocli.front.significance import against_first, holm


def seeded(*pairs, fold=None):
    return [(Repetition(seed, fold), value) for seed, value in pairs]


FIRST = seeded((0, 0.50), (1, 0.52), (2, 0.49), (3, 0.55))
OTHER = seeded((3, 0.52), (1, 0.50), (0, 0.49), (2, 0.45))


def test_equal_seeds_are_paired():
    none, found = against_first([FIRST, OTHER])
    assert none is None
    assert found.test == "paired"
    differences = np.array([0.01, 0.02, 0.04, 0.03])
    statistic = differences.mean() / (differences.std(ddof=1) / np.sqrt(4))
    assert found.p_value == pytest.approx(2 * t.sf(statistic, df=3))


@pytest.mark.parametrize(
    "other",
    [
        seeded(*((10 + one.seed, value) for one, value in OTHER)),
        OTHER[:3],
        # Nobody knows which of both belongs to seed 3.
        [*OTHER, *seeded((3, 0.51))],
    ],
)
def test_other_seeds_are_not(other):
    _, found = against_first([FIRST, other])
    assert found.test == "Welch"
    a, b = (np.array([value for _, value in method]) for method in (FIRST, other))
    va, vb = (x.var(ddof=1) / len(x) for x in (a, b))
    freedom = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    statistic = abs(a.mean() - b.mean()) / np.sqrt(va + vb)
    assert found.p_value == pytest.approx(2 * t.sf(statistic, df=freedom))


def test_a_single_seed_gives_no_test():
    assert against_first([FIRST, OTHER[:1]]) == [None, None]
    assert against_first([FIRST[:1], OTHER, OTHER]) == [None, None, None]
    assert against_first([FIRST]) == [None]


def test_folds_share_training_data_which_no_test_allows_for():
    folds = [[(Repetition(0, fold), 0.1 * fold + k) for fold in range(4)] for k in (0, 1)]
    assert against_first(folds) == [None, None]
    assert against_first([seeded((0, 0.5), (1, 0.6), fold=1), FIRST]) == [None, None]
    one_fold = [seeded(*((one.seed, value) for one, value in m), fold=2) for m in (FIRST, OTHER)]
    assert against_first(one_fold) == against_first([FIRST, OTHER])


def test_no_difference_at_all_is_no_finding():
    _, found = against_first([FIRST, list(reversed(FIRST))])
    assert found.p_value == 1.0
    _, found = against_first([seeded((0, 0.5), (1, 0.5)), seeded((2, 0.5), (3, 0.5))])
    assert found.p_value == 1.0


@pytest.mark.filterwarnings("error")
def test_the_same_difference_for_all_seeds_is_certain():
    _, found = against_first([seeded((0, 0.5), (1, 0.75)), seeded((0, 0.25), (1, 0.5))])
    assert found.p_value == 0.0


def test_holm_by_hand():
    # Sorted 0.01, 0.02, 0.03, 0.5, times 4, 3, 2 and 1; and never below the one before.
    assert holm([0.03, 0.5, 0.01, 0.02]) == pytest.approx([0.06, 0.5, 0.04, 0.06])
    assert holm([0.4, 0.6]) == pytest.approx([0.8, 0.8])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=6), st.floats(0.001, 0.5))
def test_holm_rejects_what_his_procedure_rejects(p_values, level):
    """Step down from the smallest, until one is above level / (tests that are left)."""
    rejected = set()
    for done, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] * (len(p_values) - done) > level:
            break
        rejected.add(place)
    assert {place for place, p in enumerate(holm(p_values)) if p <= level} == rejected


def test_the_correction_counts_what_is_tested():
    """The method with one seed does not make the others' test stricter."""
    alone = against_first([FIRST, OTHER])[1]
    with_one_seed = against_first([FIRST, OTHER[:1], OTHER])
    assert with_one_seed[1] is None
    assert with_one_seed[2] == alone
    twice = against_first([FIRST, OTHER, OTHER])
    assert twice[1].p_value == pytest.approx(2 * alone.p_value)
