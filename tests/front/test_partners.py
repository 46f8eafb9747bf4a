"""Pruned networks beside their partners."""

import numpy as np
import pandas as pd
import pytest

from paretocli.front.partners import read_pairs


def written(folder, **columns):
    known = {"status": "done", **{f"weight_{name}": 0.2 for name in ("sparsity", *"abc")}}
    frame = pd.DataFrame({"point": range(len(columns["compact_parameters"])), **columns})
    folder.mkdir()
    frame.assign(**{k: v for k, v in known.items() if k not in columns}).to_csv(
        folder / "results.csv", index=False
    )
    return folder


@pytest.fixture
def sparse(tmp_path):
    return written(
        tmp_path / "sparse",
        compact_parameters=[900, 100, 500, 300],
        accuracy_a_test=[0.9, 0.6, 0.8, 0.7],
        mse_b_test=[1.0, 2.0, 3.0, 4.0],
        depth_c_test=[1.0, 1.0, 1.0, 1.0],
    )


@pytest.fixture
def pruned(tmp_path):
    return written(
        tmp_path / "pruned",
        status=["done", "done", "done", "failed", "done"],
        compact_parameters=[1000, 880, 99, 480, 299],
        accuracy_a_test=[0.95, 0.91, 0.6, 0.1, 0.65],
        mse_b_test=[0.5, 2.0, 1.0, 1.0, np.nan],
        depth_c_test=[1.0] * 5,
        partner=[None, 0, 1, 2, 3],
    )


def test_pairs_are_finished_and_go_from_large_to_small(sparse, pruned):
    found = read_pairs(sparse, pruned, "test")
    assert (found.points, found.partners) == ((1, 4, 2), (0, 3, 1))
    assert found.sizes.tolist() == [[900, 880], [300, 299], [100, 99]]
    assert found.columns[:2] == ("accuracy_a_test", "mse_b_test")
    assert found.figures[:, 0].tolist() == [[0.9, 0.91], [0.7, 0.65], [0.6, 0.6]]


def test_who_is_better_goes_by_the_direction(sparse, pruned):
    found = read_pairs(sparse, pruned, "test")
    assert found.counts(0) == (1, 1, 1)  # of an accuracy
    assert found.counts(1) == (1, 0, 1)  # of an error, one of which is missing
    assert found.counts(2) is None  # of what nobody says


def test_where_nothing_is_pruned_yet_there_are_no_pairs(sparse, pruned, tmp_path):
    assert read_pairs(sparse, sparse, "test") is None
    assert read_pairs(sparse, tmp_path, "test") is None
    table = pd.read_csv(pruned / "results.csv").assign(status="failed")
    table.to_csv(pruned / "results.csv", index=False)
    assert read_pairs(sparse, pruned, "test") is None
