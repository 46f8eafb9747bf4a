"""What somebody says of columns, read and checked."""

import pandas as pd
import pytest

from paretocli.errors import InputError
from paretocli.front.results import read_results
from paretocli.planning.classification import Classes, classified, parse_class
from tests.runs import write_run

SPARSE = {
    "accuracy_left_val": [0.90, 0.95, 0.97],
    "accuracy_right_val": [0.97, 0.93, 0.91],
    "charm_right_val": [1.0, 2.0, 3.0],
    "compact_parameters": [2000, 9000, 30000],
    "sparsity_rate": [90.0, 60.0, 30.0],
    "twice_left_val": [1.0, 1.0, 1.0],
    "empty_left_val": [1.0, float("nan"), 2.0],
}


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    path = tmp_path_factory.mktemp("sparse") / "run"
    losses = [[0.1, 0.5, 0.1], [0.3, 0.3, 0.3], [0.6, 0.1, 0.5]]
    write_run(path, losses, objectives=["sparsity", "left", "right"], metrics=SPARSE)
    return read_results(path)


def test_what_is_not_said_is_left_as_it_is(sparse):
    found = classified(sparse, Classes(1, ("accuracy_left to 96 %",), ("size to 20000",)))
    assert [(one.kind, str(one)) for one in found.classes] == [
        ("improve", "accuracy_left_val >= 0.96"),
        ("worsen", "compact_parameters <= 20000.0"),
        ("leave", "accuracy_right_val"),
    ]
    # Of an objective that is spoken of, only what is named counts.
    found = classified(sparse, Classes(1, ("sparsity_rate", "left"), ("accuracy_right",)))
    assert [one.column for one in found.classes] == [
        "sparsity_rate",
        "loss_left_val",
        "accuracy_right_val",
    ]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("accuracy_left", None),
        ("accuracy_left to 0.96", 0.96),
        ("accuracy_left>=96%", 0.96),
        ("accuracy_left_val >= 96 %", 0.96),
        ("size <= 3000", 3000),
        ("left to 2e-1", 0.2),
        ("charm_right >= 2.5", 2.5),  # by the sign, which direction is better
    ],
)
def test_columns_and_levels(sparse, text, level):
    one = parse_class(sparse, 1, "improve", text)
    assert one.level == pytest.approx(level) if level else one.level is None
    assert parse_class(sparse, 1, "improve", str(one)) == one
    assert one.higher == (one.column.startswith(("accuracy", "charm")))


def test_what_is_said_later_counts(sparse):
    asked = Classes(1)
    for kind, text in (("improve", "size"), ("leave", "left"), ("worsen", "size to 10000")):
        asked = asked.saying(parse_class(sparse, 1, kind, text))
    assert asked == Classes(1, (), ("compact_parameters <= 10000.0",), ("loss_left_val",))
    assert asked.text == ("--from 1 --worsen 'compact_parameters <= 10000.0' --leave loss_left_val")


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("improve", "accuracy_middle", 'no column of numbers "accuracy_middle"'),
        ("improve", "accuracy_left to", "names no column"),
        ("improve", "accuracy_left to ninety", '"ninety" in'),
        ("improve", "accuracy_left to nan", "no level to hold"),
        ("improve", "accuracy_left to 96", "is a share from 0 to 1"),
        ("improve", "accuracy_left to 0.94", "is 0.95 at point 1 and improves from there to a"),
        ("improve", "accuracy_left to 0.95", "level above that; found 0.95"),
        ("worsen", "accuracy_left to 0.96", "gets worse to a bound below that"),
        ("improve", "size to 9000", "level below that"),
        ("worsen", "size to 8000", "bound above that"),
        ("improve", "size to 0", "a finite number above 0"),
        ("improve", "accuracy_left <= 0.97", "is better higher, so a level of it is written >="),
        ("leave", "accuracy_left to 0.97", 'say "leave accuracy_left"'),
        ("improve", "charm_right", "Whether lower or higher is better is not known"),
        ("improve", "twice_left", "All points have the same twice_left_val"),
        ("improve", "empty_left", "Point 1 has no finite number in empty_left_val"),
        ("improve", "seconds", "is no figure that a trade-off is about"),
        ("improve", "weight_left", "is no figure that a trade-off is about"),
    ],
)
def test_wrong_classes(sparse, kind, text, words):
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        parse_class(sparse, 1, kind, text)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Classes(7, ("left",), ("right",)), "no finished point 7"),
        (Classes(1, (), ("right",)), "Nothing is to improve"),
        (Classes(1, ("left",)), "Nothing may get worse than at point 1"),
        (Classes(1, ("size",), ("size",)), "compact_parameters is named twice"),
    ],
)
def test_what_is_no_classification(sparse, asked, words):
    with pytest.raises(InputError, match=words):
        classified(sparse, asked)


def test_losses_and_a_table_of_anybodys(tmp_path):
    path = tmp_path / "table.csv"
    pd.DataFrame(
        {"weight_a": [0.1, 0.9], "weight_b": [0.9, 0.1], "loss_a_val": [3, 1], "loss_b_val": [1, 3]}
    ).to_csv(path)
    found = classified(read_results(path), Classes(0, ("a",), ("b",)))
    assert [one.column for one in found.classes] == ["loss_a_val", "loss_b_val"]
