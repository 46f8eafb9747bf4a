"""ARFF files as tables."""

import pytest

from paretocli.errors import InputError
from paretocli.problems.arff import read_arff

HEADER = "@relation r\n@attribute a numeric\n@attribute b {x,'y z'}\n@data\n"


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "t.arff"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_arff(path)

    return read


def test_columns_names_and_lines(read):
    frame = read(
        "% about\n\n@RELATION 'r s'\n@ATTRIBUTE \"'departwb'\" NUMERIC\n"
        "@attribute \"'ALLminpA'l1\" real\n@attribute 'two words' INTEGER\n"
        "@attribute LBL+fut_001 numeric\n@Attribute kind{x, \"y z\", 'it\\'s'}\n@DATA\n"
        "  1.5, 2e3,?, 4,x\n% between\n,-1,3,4,'y z'\r\n\n1,2,3,4,\"y z\"\n1,2,3,4,'it\\'s'\n"
        "1,2,3,4,?\n"
    )
    assert list(frame.columns) == ["departwb", "ALLminpAl1", "two words", "LBL+fut_001", "kind"]
    assert list(frame.index) == [10, 12, 14, 15, 16]
    assert frame["departwb"].tolist()[0] == 1.5
    assert frame["departwb"].isna().tolist() == [False, True, False, False, False]
    assert frame["ALLminpAl1"].tolist() == [2000, -1, 2, 2, 2]
    assert frame["two words"].isna().tolist() == [True, False, False, False, False]
    assert frame["kind"].tolist()[:4] == ["x", "y z", "y z", "it's"]
    assert frame["kind"].isna().tolist() == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"t\.arff is empty"),
        (" \n\n", r"t\.arff is empty"),
        (b"@relation \xe9", r"t\.arff is no text in UTF-8, from line 1 on"),
        (HEADER.encode() + b"1,x\n2,\xff\n", r"no text in UTF-8, from line 6 on"),
        ("a,b\n1,2\n", r"Line 1 of .*t\.arff is neither @relation, @attribute nor @data"),
        ("@relation r\n", r"t\.arff has no @attribute line"),
        ("@relation r\n@attribute a numeric\n", r"t\.arff has no @data line"),
        ("@attribute\n@data\n", "Line 1 of .* declares no column"),
        ("@attribute a\n@data\n1\n", r"Line 1 of .* gives column a the type \(none\)"),
        ("@attribute a date 'yyyy'\n@data\n", "column a the type date 'yyyy'; columns should be"),
        ("@attribute a STRING\n@data\n", "column a the type STRING"),
        ("@attribute a relational\n@data\n", "column a the type relational"),
        (HEADER, "has columns but no rows"),
        (HEADER + "1,x\n1\n", "Line 6 of .* has 1 cells where the table has 2 columns"),
        (HEADER + "1,x,3\n", "Line 5 of .* has 3 cells"),
        (HEADER + "{0 1}\n", "Line 5 of .* is a sparse row"),
        (HEADER + "one,x\n", "Line 5 of .* holds 'one' in column a, where numbers were expected"),
        (HEADER + "inf,x\n", "Line 5 of .* holds 'inf' in column a, where finite numbers"),
        (HEADER + "1e200,x\n", "holds '1e200' in column a, where finite numbers up to 1e"),
        (HEADER + "1_000,x\n", "holds '1_000' in column a, where numbers"),
        (HEADER + "1,w\n", "Line 5 of .* holds 'w' in column b, whose values are .* x, y z;"),
        ("@attribute a real\n@attribute 'a' real\n@data\n1,2\n", "several columns named 'a'"),
    ],
)
def test_bad_files(read, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_files(tmp_path):
    with pytest.raises(InputError, match=r"There is no file .*none\.arff; check the path"):
        read_arff(tmp_path / "none.arff")
    with pytest.raises(InputError, match="cannot be read"):
        read_arff(tmp_path)
