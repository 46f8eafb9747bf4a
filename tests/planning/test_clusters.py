"""Points that lean to clusters of tasks."""

from types import SimpleNamespace

import numpy as np
import pytest

from paretocli.errors import InputError
from paretocli.planning import clusters as module
from paretocli.planning.clusters import Clusters, clustered, clusters_asked

TASKS = ("a", "b", "c", "d")
ALIKE = np.array([[1, 0, 0.9, 0], [0, 1, 0, 0.9], [0.9, 0, 1, 0], [0, 0.9, 0, 1]], dtype=float)


@pytest.mark.parametrize(
    ("points", "default", "objectives", "count"),
    [
        (3, 9, TASKS, 3),
        (None, 9, TASKS, 4),
        (None, 3, TASKS, 3),
        (5, 9, ("sparsity", *TASKS), 5),
        (None, 2, ("sparsity", *TASKS), 4),
    ],
)
def test_how_many_points(points, default, objectives, count):
    assert clusters_asked(points, default, 4.0, (), objectives).points == count


@pytest.mark.parametrize(
    ("points", "fix", "objectives", "message"),
    [
        (2, (), TASKS, "--points 2 is not from 3 to 4; choose"),
        (5, (), TASKS, "2 to 3 clusters of 4 tasks, and --points 5"),
        (3, (), ("sparsity", *TASKS), "the middle and one that leans to sparsity, .* 4 to 5"),
        (3, ("a=0.2", "b=0.1"), TASKS, "there are 2 whose weights are free"),
        (3, ("nobody=0.2",), TASKS, "names no objective"),
    ],
)
def test_what_leaves_nothing_to_find_is_refused(points, fix, objectives, message):
    with pytest.raises(InputError, match=message):
        clusters_asked(points, 9, 4.0, fix, objectives)


def planned(monkeypatch, asked, objectives, own=(0,), status="done"):
    """The weights that are planned, None for none, and what was said."""
    said, found = [], []
    monkeypatch.setattr(
        module, "added_round", lambda config, sweep, records, rows: found.append(rows) or "round"
    )
    config = SimpleNamespace(objectives=objectives)
    plan = clustered(config, asked, lambda point: ALIKE if point == 0 else None, said.append)
    plan(SimpleNamespace(own=own), [{"point": 0, "status": status}])
    return (np.array(found[0]) if found else None), said


def test_a_point_for_each_cluster(monkeypatch):
    rows, said = planned(monkeypatch, Clusters(3, 4.0), TASKS)
    np.testing.assert_allclose(rows, [[0.4, 0.1, 0.4, 0.1], [0.1, 0.4, 0.1, 0.4]])
    assert said == ["Further points lean to a, c; b, d."]


def test_sparsity_is_a_group_of_its_own(monkeypatch):
    rows, said = planned(monkeypatch, Clusters(4, 2.0), ("sparsity", *TASKS))
    np.testing.assert_allclose(
        rows * [[6], [7], [7]], [[2, 1, 1, 1, 1], [1, 2, 1, 2, 1], [1, 1, 2, 1, 2]]
    )
    assert said == ["Further points lean to sparsity; a, c; b, d."]


def test_what_is_fixed_stays(monkeypatch):
    rows, said = planned(monkeypatch, Clusters(3, 3.0, ("c=0.5",)), TASKS)
    np.testing.assert_allclose(rows, [[0.3, 0.1, 0.5, 0.1], [1 / 14, 3 / 14, 0.5, 3 / 14]])
    assert said == ["Further points lean to a; b, d."]


def test_clusters_are_found_once(monkeypatch):
    assert planned(monkeypatch, Clusters(3, 4.0), TASKS, own=(0, 1, 2)) == (None, [])
    rows, said = planned(monkeypatch, Clusters(4, 4.0), TASKS, own=(0, 1, 2))
    assert rows is None
    assert "3 points are there" in said[0]
    assert planned(monkeypatch, Clusters(3, 4.0), TASKS, status="failed") == (None, [])
