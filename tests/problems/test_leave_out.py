from pathlib import Path

import pytest

from paretocli.errors import InputError
from paretocli.problems.csv_table import make

TARGETS = ("price", "area")


@pytest.fixture
def table(tmp_path):
    """A table of 30 rows, with a column that counts them and one whose texts name them."""
    path = tmp_path / "t.csv"
    rows = [f"{k},n{k},{k % 7},{k % 4},{k % 5},{k % 3}" for k in range(30)]
    path.write_text("\n".join(["id,name,note 1,price,area,floor", *rows]) + "\n")
    return str(path)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (("id", "name"), ["note 1", "floor"]),
        (("n*", "id"), ["floor"]),
        (("name", "n*"), ["id", "floor"]),
        # A pattern stands for no target.
        (("*r", "name", "id"), ["note 1"]),
    ],
)
def test_columns_that_are_no_features(table, tmp_path, given, left):
    assert list(make(table, tmp_path, TARGETS, leave_out=given).columns) == left


def test_what_is_left_out_may_hold_anything(table, tmp_path):
    file = Path(table)
    file.write_text(f"{file.read_text()}none,31,1,1,1,1\n")
    with pytest.raises(InputError, match=r"Line 32 of .* holds 'none' in column id"):
        make(table, tmp_path, TARGETS)
    assert len(make(table, tmp_path, TARGETS, leave_out=("id", "name")).columns) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("names",), r"has no column 'names' to leave out; did you mean 'name'\?"),
        (("x*",), r"--leave-out x\* stands for no column of .*t\.csv; "),
        (("area",), r"The column area of .* is a target and in --leave-out; give it to one"),
        (("*",), "has no column to predict the targets from"),
    ],
)
def test_what_cannot_be_left_out(table, tmp_path, given, message):
    with pytest.raises(InputError, match=message):
        make(table, tmp_path, TARGETS, leave_out=given)


def test_columns_that_may_only_name_the_rows_are_told(table, tmp_path):
    def told(**form):
        notes = make(table, tmp_path, TARGETS, **form).notes
        return [note.split(" of ")[0] for note in notes if "--leave-out" in note]

    assert told() == ["The column id", "The column name"]
    assert told(leave_out=("id",)) == ["The column name"]
