"""Paths through a grid of weights."""

from types import SimpleNamespace

import pytest

from paretocli.planning.paths import levels


def paths(weights, *, sparsity):
    """The parent of each point, None of the first, and its level."""
    found = dict.fromkeys(range(len(weights)))
    depth = dict.fromkeys(range(len(weights)), 0)
    config = SimpleNamespace(weights=weights, sparsity=sparsity)
    for level, (points, parents) in enumerate(levels(config), start=1):
        for point, parent in zip(points, parents, strict=True):
            found[point], depth[point] = parent, level
    return [found[p] for p in range(len(weights))], [depth[p] for p in range(len(weights))]


def test_a_path_of_sparsity_leads_from_dense_to_sparse():
    weights = [(w, (1 - w) / 2, (1 - w) / 2) for w in (0.5, 0.01, 0.1, 0.05)]
    assert paths(weights, sparsity=True) == ([2, None, 3, 1], [3, 0, 2, 1])


def test_other_mixtures_start_from_the_middle_one():
    """Of a lattice's densest points one starts from scratch, whatever their rounding."""
    dense = [(0.01, 0.98, 0.01), (0.01 + 1e-12, 0.495, 0.495), (0.01, 0.01, 0.98)]
    sparse = [(0.34, 0.65, 0.01), (0.34, 0.33, 0.33), (0.34, 0.01, 0.65)]
    parents, depth = paths(dense + sparse, sparsity=True)
    assert parents == [1, None, 1, 0, 1, 2]
    assert depth == [1, 0, 1, 2, 1, 2]


def test_without_sparsity_paths_lead_outwards():
    weights = [(w, 1 - w) for w in (0.01, 0.25, 0.5, 0.75, 0.99)]
    assert paths(weights, sparsity=False) == ([1, 2, None, 2, 3], [2, 1, 0, 1, 2])


@pytest.mark.parametrize("sparsity", [True, False])
def test_one_point_has_no_path(sparsity):
    assert paths([(0.2, 0.8)], sparsity=sparsity) == ([None], [0])
