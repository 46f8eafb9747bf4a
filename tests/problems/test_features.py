"""Features of tables as inputs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.problems.features import encoded
from paretocli.problems.table_form import TableForm

PATH = Path("t.csv")
ROWS, TRAINING = 40, np.arange(24)


def table(**changes):
    rng = np.random.default_rng(0)
    columns = {
        "x": rng.normal(5, 2, size=ROWS),
        "kind": rng.choice(["red", "blue"], size=ROWS).astype(object),
        "y": rng.normal(size=ROWS),
        **changes,
    }
    return pd.DataFrame(columns, index=range(2, ROWS + 2))


def lacking(*rows):
    frame = table()
    frame.loc[frame.index[list(rows)], "x"] = np.nan
    return frame


def made(frame, training=TRAINING, **form):
    return encoded(frame, training, PATH, TableForm(**form))


def test_each_input_knows_its_column():
    found = made(table())
    assert found.columns == ("x", "y", "kind", "kind")
    assert found.inputs.shape == (ROWS, 4)
    assert found.indicated == ()


def test_missing_numbers_are_the_mean_and_say_so():
    found = made(lacking(3, 30))
    assert found.columns == ("x", "y", "kind", "kind", "x")
    assert found.indicated == ("x",)
    assert found.inputs[[3, 30], 0] == pytest.approx(0, abs=1e-6)
    assert np.flatnonzero(found.inputs[:, 4]).tolist() == [3, 30]
    without = made(lacking(3, 30), indicators=False)
    np.testing.assert_array_equal(without.inputs, found.inputs[:, :4])


def test_what_is_missing_in_other_rows_alone_has_no_indicator():
    found = made(lacking(30))
    assert found.indicated == ()
    assert found.inputs[30, 0] == 0


def test_other_rows_change_nothing_of_the_preparation():
    before = made(lacking(3))
    frame = lacking(3, 25, 30)
    rows = frame.index[24:]
    frame.loc[rows, "y"] = 1e6
    frame.loc[rows, "kind"] = [f"new {k}" for k in range(len(rows))]
    after = made(frame)
    assert after.columns == before.columns
    np.testing.assert_array_equal(after.inputs[TRAINING], before.inputs[TRAINING])
    assert (after.inputs[24:, 2:4] == 0).all()  # kinds that training has not seen


def test_many_categories_and_their_columns():
    frame = pd.concat([table()] * 20, ignore_index=True)
    frame["name"] = [f"name {k % 400}" for k in range(len(frame))]
    found = made(frame, np.arange(600))
    assert found.columns.count("name") == 100
    assert found.inputs.shape[1] == len(found.columns)


def test_many_categories_become_numbers_where_embeddings_are_asked_for():
    frame = table(city=[f"c{k % 12:02}" for k in range(ROWS)])
    frame.loc[frame.index[[30, 31]], "city"] = ["new", None]
    found = made(frame, embed=11)
    assert found.embedded == {"city": 12}
    assert found.columns == ("x", "y", "kind", "kind", "city")
    expected = [k % 12 + 1 for k in range(30)] + [0, 0]
    assert found.inputs[:32, 4].tolist() == expected
    assert made(frame, embed=12).embedded == made(frame).embedded == {}


def test_nothing_to_predict_from():
    with pytest.raises(InputError, match="has no column to predict the targets from"):
        made(table()[["x"]].where(table()["x"] > 1e9))
