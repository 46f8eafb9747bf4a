"""Dividing rows by groups and labels."""

import numpy as np
import pytest

from paretocli.problems.divided import divided

SHARES = (0.6, 0.2, 0.2)


def one_hot(*columns):
    found = [np.eye(column.max() + 2, dtype=np.int64)[column][:, :-1] for column in columns]
    return np.column_stack(found)


def none(count):
    return np.zeros((count, 0), dtype=np.int64)


def test_each_row_is_in_one_part_the_same_each_time():
    parts = divided(SHARES, np.arange(50), none(50), 3)
    assert sorted(np.concatenate(parts).tolist()) == list(range(50))
    assert [len(part) for part in parts] == [30, 10, 10]
    again = divided(SHARES, np.arange(50), none(50), 3)
    assert all((a == b).all() for a, b in zip(parts, again, strict=True))
    others = divided(SHARES, np.arange(50), none(50), 4)
    assert (parts[0] != others[0]).any()


def test_each_class_of_one_target_has_its_shares_within_a_row():
    rng = np.random.default_rng(0)
    classes = rng.choice(4, size=403, p=[0.7, 0.2, 0.07, 0.03])
    parts = divided(SHARES, np.arange(403), one_hot(classes), 0)
    for one in range(4):
        count = (classes == one).sum()
        for share, part in zip(SHARES, parts, strict=True):
            assert abs((classes[part] == one).sum() - share * count) <= 1


def test_each_class_of_several_targets_has_about_its_shares():
    rng = np.random.default_rng(1)
    first = rng.choice(2, size=500, p=[0.95, 0.05])
    second = np.where(rng.random(500) < 0.3, first, rng.choice(3, size=500))
    second[::5] = -1  # without a label
    labels = np.column_stack([one_hot(first), np.eye(4, dtype=np.int64)[second][:, :3]])
    labels[::5, 2:] = 0
    parts = divided(SHARES, np.arange(500), labels, 0)
    for share, part in zip(SHARES, parts, strict=True):
        assert np.abs(labels[part].sum(axis=0) - share * labels.sum(axis=0)).max() <= 3
        assert abs(len(part) - share * 500) <= 3


def test_a_class_of_one_row_is_learned_from():
    classes = np.zeros(40, dtype=np.int64)
    classes[17] = 1
    parts = divided(SHARES, np.arange(40), one_hot(classes), 0)
    assert 17 in parts[0]


def test_groups_stay_together():
    rng = np.random.default_rng(2)
    groups = rng.choice(30, size=600)
    classes = (groups % 3 == 0).astype(np.int64)
    for labels in (none(600), one_hot(classes)):
        parts = divided(SHARES, groups, labels, 0)
        seen = [set(groups[part].tolist()) for part in parts]
        assert sum(map(len, seen)) == len(set.union(*seen)) == 30
        for share, part in zip(SHARES, parts, strict=True):
            assert abs(len(part) / 600 - share) < 0.06
            assert len(labels[0]) == 0 or abs(classes[part].mean() - classes.mean()) < 0.1


@pytest.mark.parametrize("sizes", [(33, 33, 33), (1, 1, 98), (98, 1, 1)])
def test_no_part_stays_empty(sizes):
    groups = np.repeat(np.arange(3), sizes)
    for labels in (none(len(groups)), one_hot((groups == 0).astype(np.int64))):
        assert all(len(part) for part in divided(SHARES, groups, labels, 0))
