"""How the rows of a table are divided."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.problems.splitting import at_random
from paretocli.problems.table_form import TableForm
from paretocli.problems.table_rows import rows_of

PATH = Path("t.csv")
ROWS = 60


def table(**changes):
    columns = {
        "x": [str(k / 7) for k in range(ROWS)],
        "who": [f"p{k // 4}" for k in range(ROWS)],
        "part": ["train", "train", "train", "train", "test", "val"] * 10,
        "a": ["yes", "no", "no", None, "no"] * 12,
        "b": [str(k * 1.5) for k in range(ROWS)],
        **changes,
    }
    return pd.DataFrame(columns, index=range(2, ROWS + 2), dtype=object)


def split(frame=None, kinds=None, **form):
    frame = table() if frame is None else frame
    return rows_of(frame, kinds or {"a": None, "b": None}, TableForm(**form), PATH)


def test_without_a_word_rows_are_drawn_as_ever():
    rows, how = split()
    assert how == "60 : 20 : 20 at random"
    for part, expected in at_random(ROWS, PATH).items():
        np.testing.assert_array_equal(rows[part], expected)


def test_a_column_says_which_split():
    rows, how = split(split="part")
    assert how == "as the column part marks them"
    assert rows["val"].tolist() == list(range(5, ROWS, 6))
    marked = table(part=["train", "train", "test"] * 20)
    rows, how = split(marked, split="part", stratify=True)
    assert "marks none as val: a fifth of those for training is taken, each class of a" in how
    answers = marked["a"].to_numpy()
    assert len(rows["val"]) == 8
    assert abs((answers[rows["val"]] == "yes").sum() - (answers[:] == "yes").sum() * 8 / 60) <= 1


def test_groups_stay_in_one_split():
    rows, how = split(group="who", stratify=True)
    assert how.endswith("the groups of who kept together and each class of a in the same shares")
    who = table()["who"].to_numpy()
    seen = [set(who[part]) for part in rows.values()]
    assert sum(map(len, seen)) == len(set(who))
    groups = table(part=["train"] * 40 + ["test"] * 20)
    rows, _ = split(groups, split="part", group="who")
    assert len(rows["val"]) == 8
    assert not set(who[rows["train"]]) & set(who[rows["val"]])


def test_classes_that_were_said_are_those_that_count():
    frame = table(b=[str(k % 4) for k in range(ROWS)])
    rows, how = split(frame, {"a": "class", "b": "number"}, stratify=True)
    assert how.endswith("each class of a in the same shares")
    _, how = split(frame, {"a": None, "b": None}, stratify=True)
    assert how.endswith("each class of a, b in the same shares")
    assert [len(part) for part in rows.values()] == [36, 12, 12]


ONE_GROUP = table(
    who=["p"] * 40 + [f"q{k}" for k in range(20)], part=["train"] * 40 + ["test"] * 20
)


@pytest.mark.parametrize(
    ("frame", "form", "message"),
    [
        (table(), {"split": "prt"}, r"no column 'prt' for --split; did you mean 'part'\?"),
        (table(), {"group": "a"}, "column a of .* is a target and cannot divide"),
        (table(part=["x"] * ROWS), {"split": "part"}, "Line 2 .* holds 'x' in column part"),
        (table(who=["p"] * ROWS), {"group": "who"}, "has 1 different values; as groups 3 or more"),
        (table(who=[None, *["p"] * 59]), {"group": "who"}, "Line 2 of .* holds no group"),
        (table(), {"split": "part", "group": "who"}, "The group p1 in column who .* train and in"),
        (table(), {"split": "part", "stratify": True}, "--stratify has nothing to divide"),
        (table(a=table()["b"]), {"stratify": True}, "has no target of classes"),
        (ONE_GROUP, {"split": "part", "group": "who"}, "for training are of one group in who"),
    ],
)
def test_what_divides_nothing_is_refused(frame, form, message):
    with pytest.raises(InputError, match=message):
        split(frame, **form)


def test_too_few_rows_are_refused():
    with pytest.raises(InputError, match="has 12 rows; at least 20"):
        split(table().iloc[:12], group="who")
