import os
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import AffinityPropagation
from sklearn.exceptions import ConvergenceWarning

from paretocli.errors import InputError
from paretocli.sparsity import sharing
from paretocli.sparsity.sharing import shared_rows, shared_rows_of_all


def random(seed):
    return np.random.default_rng(seed)


def planted(clusters, copies, width, noise, *, seed=0):
    """Shuffled rows (clusters · copies, width), noisy copies of few, and the cluster of each."""
    generator = random(seed)
    labels = generator.permutation(np.repeat(np.arange(clusters), copies))
    rows = generator.normal(size=(clusters, width))[labels]
    rows = rows + noise * generator.normal(size=rows.shape)
    return rows.astype(np.float32), labels


def similarities(rows):
    rows = rows.astype(np.float64)
    return np.array([[v @ w / max(v @ v, w @ w) for w in rows] for v in rows])


def first_of_each(labels):
    """For each row the index of the first row with its label."""
    labels = list(labels)
    return [labels.index(label) for label in labels]


def net_similarity(s, exemplars, preference):
    return sum(preference if k == i else s[i, k] for i, k in enumerate(exemplars))


def best_net_similarity(s, preference):
    """Over all sets of exemplars; a row that has none of them is one."""
    count = len(s)
    best = -np.inf
    for chosen in range(1, 2**count):
        exemplars = [k for k in range(count) if chosen >> k & 1]
        value = sum(preference if i in exemplars else s[i, exemplars].max() for i in range(count))
        best = max(best, value)
    return best


# What shares


@pytest.mark.parametrize("noise", [0.0, 1e-6, 1e-3, 0.05])
@pytest.mark.parametrize(("clusters", "copies"), [(30, 2), (12, 3), (8, 10), (3, 60), (1, 300)])
def test_noisy_copies_are_found(clusters, copies, noise):
    rows, labels = planted(clusters, copies, 20, noise)
    found = shared_rows(rows, 0.8)
    assert found.dtype == np.int64
    if copies < 60 or noise < 0.05:
        assert found.tolist() == first_of_each(labels)
    else:
        # More exemplars than one are worth their price where so many rows come closer by it.
        assert [labels[k] for k in found] == labels.tolist()


def test_orthogonal_and_opposite_rows_never_share():
    rows = np.linalg.qr(random(0).normal(size=(12, 12)))[0].astype(np.float32)
    rows = np.concatenate([rows, -2 * rows])
    assert shared_rows(rows, 1e-3).tolist() == list(range(24))


@pytest.mark.parametrize("factor", [0.5, 0.9])
def test_scaled_copies_share_below_their_factor_alone(factor):
    row = random(1).normal(size=7)
    rows = np.stack([factor * row, row]).astype(np.float32)
    assert shared_rows(rows, factor - 0.01).tolist() == [0, 0]
    assert shared_rows(rows, factor + 0.01).tolist() == [0, 1]
    assert shared_rows(rows.repeat(3, axis=0), factor + 0.01).tolist() == [0, 0, 0, 3, 3, 3]


def test_at_one_nothing_shares():
    assert shared_rows(planted(3, 4, 6, 0.0)[0], 1).tolist() == list(range(12))


def test_zero_rows_stay_alone():
    rows, labels = planted(4, 5, 9, 0.01)
    zero = [0, 3, 4, 19]
    rows[zero] = 0
    rows[3] *= -1  # minus zero is zero
    labels[zero] = [10, 11, 12, 13]
    assert shared_rows(rows, 0.8).tolist() == first_of_each(labels)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (1, 3), (4, 3)])
def test_nothing_to_share(shape):
    assert shared_rows(np.zeros(shape, np.float32), 0.5).tolist() == list(range(shape[0]))


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1e18])
def test_scale_does_not_matter(scale):
    rows, labels = planted(5, 4, 8, 0.05)
    assert shared_rows(rows * np.float32(scale), 0.8).tolist() == first_of_each(labels)


def test_a_chain_is_cut():
    # Each is 0.9 times the one before: the ends of the chain are not alike.
    rows = (0.9 ** np.arange(30.0))[:, None] * random(2).normal(size=(1, 6))
    found = shared_rows(rows.astype(np.float32), 0.75)
    sizes = Counter(found.tolist()).values()
    assert max(sizes) <= 5
    assert len(sizes) < 15


# The assignment


@given(st.integers(0, 10**6), st.integers(3, 9), st.sampled_from([0.2, 0.5, 0.8]))
def test_close_to_the_best_assignment(seed, count, preference):
    generator = random(seed)
    rows = generator.normal(size=4) + generator.uniform(0.1, 1.5) * generator.normal(
        size=(count, 4)
    )
    rows = rows[np.argsort(-(rows**2).sum(axis=1))]
    s = similarities(rows)
    exemplars = sharing._exemplars(rows, (rows**2).sum(axis=1), preference)
    for i, k in enumerate(exemplars):
        assert exemplars[k] == k
        assert k == i or s[i, k] > preference
    best = best_net_similarity(s, preference)
    assert 0.95 * best <= net_similarity(s, exemplars, preference) <= best + 1e-5


@pytest.mark.parametrize("seed", range(5))
def test_nobody_who_is_like_an_exemplar_is_alone(seed):
    rows = random(seed).normal(size=(60, 3))
    rows = rows[np.argsort(-(rows**2).sum(axis=1))]
    exemplars = sharing._exemplars(rows, (rows**2).sum(axis=1), 0.6)
    s = similarities(rows)
    alone = [k for k, size in Counter(exemplars.tolist()).items() if size == 1]
    for k in alone:
        assert all(s[k, other] <= 0.6 + 1e-6 for other in set(exemplars.tolist()) - {k})


@pytest.mark.parametrize("preference", [0.5, 0.8])
def test_components_change_nothing_of_affinity_propagation(preference):
    rows = np.concatenate([planted(15, 6, 30, 0.1)[0], planted(10, 1, 30, 0.0, seed=1)[0]])
    whole = AffinityPropagation(
        affinity="precomputed", preference=preference, damping=0.7, random_state=0
    ).fit(similarities(rows))
    assert whole.n_iter_ < 200
    assert shared_rows(rows, preference).tolist() == first_of_each(whole.labels_)


@pytest.mark.parametrize(("block", "preference"), [(1, 0.6), (7, 0.6), (7, 0.3), (50, 0.6)])
def test_components_against_a_walk_through_the_graph(monkeypatch, block, preference):
    monkeypatch.setattr(sharing, "BLOCK", block)
    rows = random(3).normal(size=(50, 4))
    rows = rows[np.argsort(-(rows**2).sum(axis=1))]
    close = similarities(rows) > preference
    expected, seen = [], set()
    for start in range(50):
        if start not in seen:
            reached = {start}
            while (more := set(np.flatnonzero(close[list(reached)].any(axis=0)))) != reached:
                reached = more
            seen |= reached
            expected.append(sorted(reached))
    found = sharing._components(rows, (rows**2).sum(axis=1), preference)
    assert sorted(c.tolist() for c in found) == [c for c in expected if len(c) > 1]


@pytest.mark.parametrize("seed", range(4))
def test_the_greedy_choice_by_hand(seed):
    rows = random(seed).normal(size=3) + 0.6 * random(seed + 9).normal(size=(40, 3))
    s = similarities(rows).astype(np.float32)
    np.fill_diagonal(s, 0.5)
    exemplars, value = [], 0.5 * len(s)

    def with_one_more(k):
        chosen = [*exemplars, k]
        others = [i for i in range(len(s)) if i not in chosen]
        return 0.5 * len(chosen) + np.maximum(s[np.ix_(others, chosen)].max(axis=1), 0.5).sum()

    while len(exemplars) < len(s):
        values = {k: with_one_more(k) for k in range(len(s)) if k not in exemplars}
        best = max(values, key=values.get)
        if values[best] <= value + 1e-6:
            break
        exemplars.append(best)
        value = values[best]
    found = sharing._greedy(s, 0.5)
    assert s[np.arange(len(s)), found].sum() == pytest.approx(value, rel=1e-6)


def test_where_affinity_propagation_fails_the_greedy_choice_counts():
    rows, _ = planted(1, 200, 50, 1e-3)
    s = similarities(rows).astype(np.float32)
    np.fill_diagonal(s, 0.8)
    with pytest.warns(ConvergenceWarning):
        failed = sharing._propagated(s, 0.8)
    assert sharing._net_similarity(s, failed) < 0.9 * sharing._net_similarity(
        s, sharing._greedy(s, 0.8)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shared_rows(rows, 0.8).tolist() == [0] * 200


# Order, repetition, many matrices


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("seed", range(3))
def test_permutation(noise, seed):
    rows, _ = planted(12, 8, 15, noise, seed=seed)
    rows[::9] = 0
    order = random(seed + 50).permutation(len(rows))
    labels = shared_rows(rows, 0.7)
    assert shared_rows(rows[order], 0.7).tolist() == first_of_each(labels[order])


def test_rows_are_left_alone_and_results_repeat():
    rows, _ = planted(9, 9, 12, 0.3)
    before = rows.copy()
    state = np.random.get_state()[1].copy()
    found = shared_rows(rows, 0.7)
    assert (shared_rows(rows, 0.7) == found).all()
    assert (rows == before).all()
    assert (np.random.get_state()[1] == state).all()


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_many_matrices_in_order(jobs):
    shapes = [(3, 4), (8, 20), (20, 5), (1, 7), (0, 3)]
    matrices = [planted(n, copies, 11, 0.1, seed=n)[0] for n, copies in shapes]
    found = shared_rows_of_all(matrices, 0.8, jobs)
    assert len(found) == len(matrices)
    for rows, labels in zip(matrices, found, strict=True):
        assert labels.tolist() == shared_rows(rows, 0.8).tolist()


def test_no_process_is_started_that_ctrl_c_would_end(monkeypatch):
    """Nor one that would outlive this one."""
    began = []
    monkeypatch.setattr(sharing, "_clusters", lambda *_: began.append(os.getpid()))
    shared_rows_of_all([np.ones((2, 2), np.float32)] * 4, 0.8, 2)
    assert began == [os.getpid()] * 4


def test_no_matrices():
    assert shared_rows_of_all([], 0.8, 2) == []


# Large


def test_a_wide_layer():
    copies, labels = planted(60, 8, 50, 0.05, seed=1)
    rows = np.concatenate([random(0).normal(size=(2400, 50)).astype(np.float32), copies])
    order = random(2).permutation(len(rows))
    all_labels = np.concatenate([np.arange(2400), 2400 + labels])
    assert shared_rows(rows[order], 0.8).tolist() == first_of_each(all_labels[order])


def test_one_large_component():
    generator = random(4)
    rows = generator.normal(size=50) + 0.3 * generator.normal(size=(2880, 50))
    found = shared_rows(rows.astype(np.float32), 0.8)
    assert 1 <= len(set(found.tolist())) < 150


# Wrong input


@pytest.mark.parametrize("similarity", [0, -0.1, 1.01, float("nan")])
def test_similarity_out_of_range(similarity):
    with pytest.raises(InputError, match=f"at most 1, found {similarity}; choose one in between"):
        shared_rows(np.ones((2, 2), np.float32), similarity)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            np.ones((2, 3, 1), np.float32),
            r"should be a matrix, found an array of shape \(2, 3, 1\)",
        ),
        (np.full((2, 2), np.inf, np.float32), "should be finite numbers.* that did not diverge"),
        (np.array([[1, np.nan]], np.float32), "should be finite numbers"),
    ],
)
def test_wrong_rows(rows, message):
    with pytest.raises(InputError, match=message):
        shared_rows(rows, 0.8)
    with pytest.raises(InputError, match=message):
        shared_rows_of_all([np.ones((2, 2), np.float32), rows], 0.8, 2)


def test_wrong_jobs():
    with pytest.raises(InputError, match="`jobs` should be at least 1, found 0; give"):
        shared_rows_of_all([], 0.8, 0)
