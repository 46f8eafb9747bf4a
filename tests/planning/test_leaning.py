"""Weights around the middle."""

import numpy as np
import pytest

from paretocli.planning.leaning import clusters_of, leaning_weights, weights_around


def test_a_point_leans_to_its_group():
    rows = leaning_weights(np.full(4, 0.25), [(0,), (1, 3)], 3.0)
    np.testing.assert_allclose(rows, [[1 / 2, 1 / 6, 1 / 6, 1 / 6], [1 / 8, 3 / 8, 1 / 8, 3 / 8]])


def test_the_middle_and_each_objective():
    rows = weights_around(14, 4.0)
    assert rows.shape == (15, 14)
    np.testing.assert_allclose(rows[0], 1 / 14)
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    np.testing.assert_allclose(rows[1:].diagonal(), 4 / 17)
    assert (rows[1:].argmax(axis=1) == np.arange(14)).all()


def alike(groups, tasks, inside=0.8, between=-0.1):
    """Similarities of tasks in known groups."""
    found = np.full((tasks, tasks), between)
    for group in groups:
        found[np.ix_(group, group)] = inside
    np.fill_diagonal(found, 1.0)
    return found


@pytest.mark.parametrize(
    "groups",
    [((0, 3, 6), (1, 4, 7, 8), (2, 5)), ((0,), (1, 2, 3, 4, 5, 6, 7, 8)), ((0, 8), (1, 7), (2, 6))],
)
def test_known_clusters_are_found(groups):
    tasks = sum(map(len, groups))
    order = {task: place for place, task in enumerate(sorted(t for g in groups for t in g))}
    groups = tuple(tuple(order[task] for task in group) for group in groups)
    noise = 0.1 * np.random.default_rng(0).normal(size=(tasks, tasks))
    assert clusters_of(alike(groups, tasks) + noise + noise.T, len(groups)) == groups


@pytest.mark.parametrize("seed", range(3))
def test_clusters_do_not_depend_on_the_order_of_tasks(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(9, 4))
    similarities = np.corrcoef(rows)
    order = rng.permutation(9)
    found = clusters_of(similarities, 4)
    again = clusters_of(similarities[np.ix_(order, order)], 4)
    assert {frozenset(order[list(group)]) for group in again} == {*map(frozenset, found)}


def test_of_tasks_that_are_all_alike_the_first_join():
    assert clusters_of(np.ones((4, 4)), 3) == ((0, 1), (2,), (3,))
    assert clusters_of(np.ones((4, 4)), 4) == ((0,), (1,), (2,), (3,))
    assert clusters_of(np.ones((4, 4)), 1) == ((0, 1, 2, 3),)
