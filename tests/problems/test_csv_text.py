"""Encodings and delimiters of CSV files."""

import pytest

from paretocli.errors import InputError
from paretocli.options.declared import declared
from paretocli.problems.csv_table import with_numbers
from paretocli.problems.csv_text import read_texts


@pytest.fixture
def read(tmp_path):
    def read(content, written="utf-8", **named):
        path = tmp_path / "t.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(written))
        return read_texts(path, **named)

    return read


PLAIN = [["1.5", "é"], ["2", None]]


@pytest.mark.parametrize(
    ("content", "encoding", "notes"),
    [
        ("a,b\n1.5,é\n2,\n", "utf-8", ()),
        ("a,b\n1.5,é\n2,\n", "utf-8-sig", ()),
        ("a,b\n1.5,é\n2,\n", "utf-16", ()),
        ("a,b\n1.5,é\n2,\n", "cp1252", ("not in UTF-8 and was read as Windows-1252",)),
        ("a;b\n1.5;é\n2;\n", "utf-8", ("divided by semicolons; --delimiter",)),
        ("a\tb\n1.5\té\n2\t\n", "utf-8", ("divided by tabs",)),
        ("a|b\n1.5|é\n2|\n", "utf-8", ("divided by bars",)),
        ("a;b\n1,5;é\n2;\n", "utf-8", ("divided by semicolons", "In a a comma is the decimal")),
        ("a;b\n1,5;é\n2;\n", "cp1252", ("Windows-1252", "semicolons", "decimal point")),
    ],
)
def test_what_a_file_is_written_in_is_found(read, content, encoding, notes):
    found = read(content, written=encoding)
    assert list(found.frame.columns) == ["a", "b"]
    assert found.frame.to_numpy().tolist() == PLAIN
    assert len(found.notes) == len(notes)
    for note, words in zip(found.notes, notes, strict=True):
        assert words in note


def test_commas_go_before_others(read):
    assert read("a;x,b\n1;2,3\n").frame.columns.tolist() == ["a;x", "b"]
    # Where they make no table, others may.
    assert read('"a, b";c\n1;2\n3;4\n').frame.columns.tolist() == ["a, b", "c"]


def test_what_is_named_is_taken(read):
    assert read("a;x,b\n1;2,3\n", delimiter=";").frame.to_numpy().tolist() == [["1", "2.3"]]
    found = read("a#b\n1#й\n", written="koi8-r", delimiter="#", encoding="koi8-r")
    assert found.frame["b"].tolist() == ["й"]
    assert found.notes == ()


def test_texts_with_commas_stay_texts(read):
    frame = read("a;b\n1,5;x,y\n2,x;3,4\nz;u\n").frame
    assert frame["a"].tolist() == ["1,5", "2,x", "z"]
    assert frame["b"].tolist() == ["x,y", "3,4", "u"]


def test_decimal_commas_are_numbers(read, tmp_path):
    frame = read("a;b\n-1,5;7\n,25;8\n?;9\n3;10\n").frame
    assert with_numbers(frame, tmp_path)["a"].tolist()[:2] == [-1.5, 0.25]


@pytest.mark.parametrize(
    ("content", "named", "message"),
    [
        (b"x,y\n\xff\xfe\n", {}, "is no text in UTF-8, from line 2 on; .* name its encoding"),
        (b"\x00\x01\x02,\xff\n", {}, "is no text in UTF-8"),
        ("a,b\n1,2\n", {"encoding": "utf-99"}, "There is no encoding 'utf-99'; name one such as"),
        (b"a,b\n1,\xe9\n", {"encoding": "ascii"}, "is no text in ascii"),
        ("a,b\n1,2\n", {"delimiter": ";"}, "has a single column, 'a,b'; .* --delimiter names"),
        ("", {"encoding": "utf-8"}, "holds no text in utf-8"),
    ],
)
def test_what_is_no_table_is_refused(read, content, named, message):
    with pytest.raises(InputError, match=message):
        read(content, **named)


def test_a_file_that_is_not_there(tmp_path):
    for encoding in (None, "utf-8"):
        with pytest.raises(InputError):
            read_texts(tmp_path / "none.csv", encoding=encoding)


def test_a_delimiter_is_one_character():
    assert declared()["delimiter"].value("tab") == "\t"
    assert declared()["delimiter"].value(";") == ";"
    for wrong in (";;", '"', ""):
        with pytest.raises(InputError, match="should be a single character, or tab"):
            declared()["delimiter"].value(wrong)
