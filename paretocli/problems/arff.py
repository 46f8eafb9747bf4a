"""ARFF files as tables.

The format is that of the Weka and Mulan projects: a header that declares each column, `@data`, and
rows of cells separated by commas.
"""

import csv
import io
import re
from pathlib import Path

import pandas as pd

from paretocli.errors import InputError
from paretocli.problems.cells import numbers, read_text, refuse, texts

ATTRIBUTE = re.compile(
    r"""@attribute \s+ ("[^"]*" | '(?:\\.|[^'\\])*' | [^\s{]+) \s* (.*)""",
    re.IGNORECASE | re.VERBOSE,
)
NUMERIC = ("numeric", "real", "integer")
WRAPPED = re.compile(r"""^"(.*)"$""")
QUOTES = re.compile(r"""["'\\]""")


def read_arff(path: Path) -> pd.DataFrame:
    """Read a table (N, C): numeric columns of numbers, nominal ones of texts.

    The index holds the lines of the file. A missing cell is NaN or `None`. Names lose their quotes,
    also those within.

    Raises:
        InputError: The file is no ARFF file, has sparse rows or columns of dates, texts or tables,
            or a cell does not fit its column; the message names the line.
    """
    names: list[str] = []
    allowed: list[list[str]] = []
    rows: list[tuple[int, list[str]]] = []
    in_data = False
    for line, raw in enumerate(io.StringIO(read_text(path)), start=1):
        content = raw.strip()
        if not content or content.startswith("%"):
            continue
        where = f"Line {line} of {path}"
        if in_data:
            rows.append((line, _row(content, where)))
        elif content.lower().startswith("@attribute"):
            name, values = _attribute(content, where)
            names.append(name)
            allowed.append(values)
        elif content.lower() == "@data":
            in_data = True
        elif not content.lower().startswith("@relation"):
            raise InputError(
                f"{where} is neither @relation, @attribute nor @data; an ARFF file was expected."
            )
    if not in_data or not names:
        raise InputError(
            f"{path} has no {'@data' if names else '@attribute'} line; an ARFF file was expected."
        )
    frame = texts(path, names, rows)
    for name, values in zip(names, allowed, strict=True):
        if values:
            refuse(
                frame[name],
                frame[name].notna() & ~frame[name].isin(values),
                path,
                f"whose values are declared as {', '.join(values)}; correct one of the two",
            )
        else:
            frame[name] = numbers(frame[name], path)
    return frame


def _attribute(content: str, where: str) -> tuple[str, list[str]]:
    """Name of a column, and its values if it is nominal."""
    match = ATTRIBUTE.fullmatch(content)
    if match is None:
        raise InputError(f"{where} declares no column; write @attribute, a name and a type.")
    name, kind = QUOTES.sub("", match[1]).strip(), match[2].strip()
    if kind.startswith("{") and kind.endswith("}"):
        return name, _cells(kind[1:-1], where)
    if not kind or kind.split()[0].lower() not in NUMERIC:
        raise InputError(
            f"{where} gives column {name} the type {kind or '(none)'}; columns should be numeric "
            "or have their values listed in braces: remove the others."
        )
    return name, []


def _row(content: str, where: str) -> list[str]:
    if content.startswith("{"):
        raise InputError(
            f"{where} is a sparse row, in braces; write out all the cells, separated by commas."
        )
    return _cells(content, where)


def _cells(content: str, where: str) -> list[str]:
    # Values may be quoted either way, even in one line.
    quote = '"' if '"' in content and "'" not in content else "'"
    try:
        (cells,) = csv.reader([content], quotechar=quote, escapechar="\\", skipinitialspace=True)
    except csv.Error as error:
        raise InputError(f"{where} cannot be read ({error}); mend it.") from None
    return [WRAPPED.sub(r"\1", cell.strip()) for cell in cells]
