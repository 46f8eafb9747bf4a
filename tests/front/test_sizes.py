"""Which column says how small a network is."""

import pandas as pd
import pytest

from paretocli.front.columns import POINT_COLUMNS, is_size, label
from paretocli.front.results import read_results
from paretocli.front.selection import find_column
from paretocli.front.sizes import COMPACT, meant, shown_sizes, size_column
from tests.sparse_run import write_sparse_run

OLD = pd.DataFrame({"sparsity_rate": [1.0, 2.0], "parameters_kept": [9, 8]})
NEW = OLD.assign(compact_parameters=[7, 6], compact_macs=[70, 60])
EMPTY = OLD.assign(compact_parameters=[None, None], compact_macs=[None, None])


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([NEW], "compact_parameters"),
        ([OLD], "parameters_kept"),
        ([EMPTY], "parameters_kept"),
        ([NEW, NEW], "compact_parameters"),
        ([NEW, OLD], "parameters_kept"),
    ],
)
def test_the_shipped_size_where_all_tables_know_it(frames, expected):
    assert size_column(*frames) == meant("size", *frames) == expected
    assert meant("gap", *frames) == "gap"


def test_a_column_of_that_name_is_itself():
    assert meant("size", NEW.assign(size=1)) == "size"


def test_tables_show_what_is_known():
    assert shown_sizes(NEW) == ["sparsity_rate", *COMPACT]
    assert shown_sizes(OLD) == shown_sizes(EMPTY) == ["sparsity_rate", "parameters_kept"]
    assert shown_sizes(NEW.drop(columns="compact_macs")) == ["sparsity_rate", COMPACT[0]]


def test_size_finds_the_column(tmp_path):
    folder = write_sparse_run(tmp_path / "run")
    assert find_column(read_results(folder), "size", "test") == "parameters_kept"
    table = pd.read_csv(folder / "results.csv")
    table.assign(compact_parameters=5).to_csv(folder / "results.csv", index=False)
    assert find_column(read_results(folder), "size", "test") == "compact_parameters"


@pytest.mark.parametrize("column", COMPACT)
def test_less_of_it_is_better(column):
    assert is_size(column)
    assert POINT_COLUMNS[column] == "lower"
    assert label(column).endswith("of the exported network")
