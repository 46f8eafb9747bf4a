"""CSV files as tables."""

import pytest

from paretocli.errors import InputError
from paretocli.problems.csv_table import make, with_numbers
from paretocli.problems.csv_text import read_texts


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return with_numbers(read_texts(path).frame, path)

    return read


def test_numbers_and_categories(read):
    frame = read(
        '\ufeffsize, kind ,"with, comma",code,void\n1.5,red,-2,A1,\n?,NA,3e2,12,\n\n'
        '3,"dark ""red""",nan,B3,\n4,NaN,1,B3,\n'
    )
    assert list(frame.columns) == ["size", "kind", "with, comma", "code", "void"]
    assert list(frame.index) == [2, 3, 5, 6]
    assert frame["size"].isna().tolist() == [False, True, False, False]
    assert frame["size"].sum() == 8.5
    assert frame["with, comma"].tolist()[:2] == [-2, 300]
    assert frame["kind"].dropna().tolist() == ["red", 'dark "red"']
    # Mostly texts: the number among them is a text too.
    assert frame["code"].tolist() == ["A1", "12", "B3", "B3"]
    assert frame["void"].isna().all()
    assert frame["void"].dtype == frame["size"].dtype == float


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"t\.csv is empty"),
        ("\n \n", r"t\.csv is empty"),
        (b"a,b\n1,\x81\n", r"t\.csv is no text in UTF-8, from line 2 on"),
        ("a,b\n", "has columns but no rows"),
        ("a b\n1 2\n", "has a single column, 'a b'; several columns separated by commas"),
        ("a,b,a\n1,2,3\n", "several columns named 'a'"),
        (",b\n1,2\n", "Column 1 of .* has no name"),
        ("a,b\n1,2\n3\n", "Line 3 of .* has 1 cells where the table has 2 columns"),
        ("a,b\n1,2,3\n", "Line 2 of .* has 3 cells"),
        ("a,b\n1,2\n2,x\n3,4\n", "Line 3 of .* holds 'x' in column b, where numbers were expected"),
        ("a,b\n1,2\n2,inf\n", "Line 3 of .* holds 'inf' in column b, where finite numbers"),
        ("a,b\n1,2\n2,-Infinity\n", "holds '-Infinity' in column b, where finite numbers"),
        ('a,b\n1,"' + "x" * 200_000 + '"\n', r"Line \d of .* cannot be read \(field larger"),
    ],
)
def test_bad_files(read, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_targets_have_to_be_named(tmp_path):
    with pytest.raises(InputError, match=r"table:t\.csv does not say which columns to predict"):
        make("t.csv", tmp_path, ())


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"There is no file .*none\.csv"):
        make(str(tmp_path / "none.csv"), tmp_path, ("a", "b"))


@pytest.fixture
def many(tmp_path):
    """A table of features and six labels, one of them in brackets."""
    path = tmp_path / "t.csv"
    names = ["x", "L1", "L2", "y", "L10", "l3", "L[a]", "where"]
    rows = "".join(
        f"{i},{i % 2},{i % 3 % 2},{i % 5},{i // 2 % 2},{i // 3 % 2},{i // 4 % 2},m{i // 5 % 2}\n"
        for i in range(40)
    )
    path.write_text(",".join(names) + "\n" + rows)
    return path


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        (("L*",), ("L1", "L2", "L10", "L[a]")),
        (("L?", "l3"), ("L1", "L2", "l3")),
        (("L10", "L*"), ("L10", "L1", "L2", "L[a]")),
        (("L*", "L1"), ("L2", "L10", "L[a]", "L1")),
        (("?3", "L[*"), ("l3", "L[a]")),
    ],
)
def test_patterns_stand_for_columns_in_their_order(many, targets, found):
    assert make(str(many), many.parent, targets).objectives == found


def test_a_column_with_a_star_is_itself(tmp_path):
    rows = "".join(f"{i},{i % 2},{i // 2 % 2},{i // 4 % 2}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"x,a*,ab,c\n{rows}")
    assert make(str(tmp_path / "t.csv"), tmp_path, ("a*", "c")).objectives == ("a*", "c")


def test_patterns_leave_out_what_is_named_elsewhere(many):
    problem = make(str(many), many.parent, ("L?", "*"), fair="where", split=None)
    assert problem.objectives == ("L1", "L2", "x", "y", "L10", "l3", "L[a]", "fair_where")


@pytest.mark.parametrize("pattern", ["M*", "L??x", "l[3]*"])
def test_a_pattern_for_nothing_is_refused(many, pattern):
    with pytest.raises(InputError, match=r"--targets .* stands for no column of .*t\.csv; .*\.|\?"):
        make(str(many), many.parent, (pattern, "L1"))
