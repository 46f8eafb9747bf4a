"""Reading CSV files as texts: their encoding, and what is between their cells, found or named."""

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.problems.cells import is_numeric, read_text, texts

COMMA = ","
# What else is found between cells, in this order.
OTHERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT = 100  # rows by which it is found
WESTERN = "cp1252"  # what tables are written in that are not in UTF-8, mostly

_NUMBER_WITH_COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")

Row = tuple[int, list[str]]


@dataclass(frozen=True, eq=False)
class TextTable:
    """A table as it stands in a file.

    Attributes:
        frame: Texts (N, C), `None` where missing; the index holds the lines of the file.
        notes: What was found out, a sentence each; none for a file in UTF-8 with commas.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_texts(path: Path, delimiter: str | None = None, encoding: str | None = None) -> TextTable:
    """Read a table of texts from a CSV file whose first line names the columns.

    Args:
        path: The file.
        delimiter: What is between its cells, None to find it: commas where they make a table.
        encoding: Of its text, None to find it: UTF-8, or UTF-16 with a mark, or Windows-1252.

    Raises:
        InputError: The file is no table; the message names the line or the column.
    """
    if encoding is not None or _marked_utf_16(path):
        return _table(_decoded(path, encoding or "utf-16"), delimiter, path, [])
    try:
        text = read_text(path)
    except InputError as no_text:
        if not isinstance(no_text.__context__, UnicodeDecodeError):
            raise
        # Nearly any bytes are text in Windows-1252, so that they have to make a table too.
        note = f"{path} is not in UTF-8 and was read as Windows-1252; --encoding names another."
        try:
            return _table(_decoded(path, WESTERN), delimiter, path, [note])
        except InputError:
            raise no_text from None
    return _table(text, delimiter, path, [])


def _marked_utf_16(path: Path) -> bool:
    """Whether a file begins as texts in UTF-16 do, and is of whole characters."""
    try:
        content = path.read_bytes()
    except OSError:  # which is told where it is read
        return False
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    return content.startswith(marks) and len(content) % 2 == 0 and len(content) > len(marks[0])


def _decoded(path: Path, encoding: str) -> str:
    try:
        text = path.read_text(encoding=encoding)
    except LookupError:
        raise InputError(
            f"There is no encoding {encoding!r}; name one such as utf-8, utf-16, cp1252 or "
            "shift_jis with --encoding."
        ) from None
    except UnicodeError as error:
        raise InputError(
            f"{path} is no text in {encoding} ({error}); name its encoding with --encoding."
        ) from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); name a file that you may read."
        ) from None
    if "\0" in text or not text.strip():
        raise InputError(f"{path} holds no text in {encoding}; name its encoding with --encoding.")
    return text.removeprefix("\ufeff")


def _table(text: str, delimiter: str | None, path: Path, notes: list[str]) -> TextTable:
    between = delimiter or _found_delimiter(text)
    if delimiter is None and between != COMMA:
        notes = [
            *notes,
            f"The cells of {path} are divided by {OTHERS[between]}; --delimiter says otherwise.",
        ]
    (_, names), *body = _rows(text, between, path)
    if len(names) < 2:
        raise InputError(
            f"{path} has a single column, {names[0]!r}; several columns separated by commas were "
            "expected, or by what --delimiter names."
        )
    frame = texts(path, names, body)
    if between == COMMA:
        return TextTable(frame, tuple(notes))
    found = {str(name): _with_points(frame[name]) for name in frame.columns}
    pointed = {name: column for name, column in found.items() if column is not None}
    if pointed:
        notes = [*notes, f"In {some_of(list(pointed))} a comma is the decimal point."]
    return TextTable(frame.assign(**pointed), tuple(notes))


def _found_delimiter(text: str) -> str:
    """What makes a table of the first rows: commas where they do."""
    for between in (COMMA, *OTHERS):
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=between, skipinitialspace=between != "\t"
        )
        try:
            widths = {
                len(cells) for cells, _ in zip(reader, range(LOOKED_AT), strict=False) if cells
            }
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() > 1:
            return between
    return COMMA


def _rows(text: str, between: str, path: Path) -> list[Row]:
    """Lines and cells of the rows, the first with the names."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=between, skipinitialspace=between != "\t"
    )
    try:
        return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except csv.Error as error:
        raise InputError(
            f"Line {reader.line_num} of {path} cannot be read ({error}); mend it."
        ) from None


def _with_points(column: pd.Series) -> pd.Series | None:
    """A column with decimal points, None where it holds no numbers with decimal commas."""
    pointed = [
        cell.replace(",", ".") if cell and _NUMBER_WITH_COMMA.fullmatch(cell) else cell
        for cell in column
    ]
    changed = pd.Series(pointed, index=column.index, name=column.name, dtype=object)
    return changed if pointed != column.tolist() and is_numeric(changed) else None
