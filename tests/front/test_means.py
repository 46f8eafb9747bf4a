"""Means over tasks."""

import numpy as np
import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.front.means import mean_columns, results_with_means, with_means
from paretocli.front.results import read_results

OBJECTIVES = ("sparsity", "a", "b_c")


def frame(**columns):
    return pd.DataFrame({name: [float(v) for v in values] for name, values in columns.items()})


def test_metrics_that_all_tasks_have():
    found = frame(
        loss_sparsity_test=[9, 9],
        loss_a_test=[1, 2],
        loss_b_c_test=[3, 4],
        r2_a_test=[0.1, 0.2],
        rmse_a_test=[2, 4],
        rmse_b_c_test=[4, 8],
        rmse_b_c_val=[0, 0],
    )
    table, names = with_means(found, OBJECTIVES, "test")
    assert names == ["mean rmse_test"]
    assert table["mean rmse_test"].tolist() == [3, 6]
    assert "mean rmse_test" not in found


def test_losses_where_tasks_share_no_metric():
    found = frame(loss_sparsity_val=[9], loss_a_val=[1], loss_b_c_val=[3], r2_a_val=[0])
    table, names = with_means(found, OBJECTIVES, "val")
    assert (names, table["mean loss_val"].tolist()) == (["mean loss_val"], [2])


def test_three_metrics_at_most():
    columns = [f"{m}_{t}_test" for m in ("one", "two", "three", "four") for t in ("a", "b_c")]
    assert [*mean_columns(columns, OBJECTIVES, "test").values()] == ["one", "two", "three"]


def test_a_missing_figure_leaves_no_mean():
    found = frame(loss_a_test=[1, np.nan], loss_b_c_test=[3, 3])
    assert with_means(found, OBJECTIVES, "test")[0]["mean loss_test"].isna().tolist() == [
        False,
        True,
    ]


def test_a_word_in_a_column_is_refused(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("point,weight_a,weight_b,loss_a_test,loss_b_test\n0,1,1,low,3\n")
    with pytest.raises(InputError, match=r'"loss_a_test" of .* holds "low"'):
        results_with_means(read_results(path), "test")
