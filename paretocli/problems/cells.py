"""The cells of a table file: which are missing, which are numbers, and how many a row should have.

Errors name the file and the line, so rows are numbered by their lines from the start.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from paretocli.errors import InputError

MISSING = frozenset({"", "?", "NA", "NaN", "nan"})
LARGEST = 1e100  # anything larger cannot be squared


def read_text(path: Path) -> str:
    """The text of a table file.

    Raises:
        InputError: There is no such file, it is empty, or it is no text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"There is no file {path}; check the path of the table.") from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); name a file that you may read."
        ) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path} is no text in UTF-8, from line {line} on; save the table as text in UTF-8, "
            "or name its encoding with --encoding."
        ) from None
    if not text.strip():
        raise InputError(f"{path} is empty; a table with named columns and rows was expected.")
    return text


def texts(path: Path, names: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> pd.DataFrame:
    """A table (N, C) of texts, `None` where a cell is missing.

    Args:
        path: The file, for the messages.
        names: Names of its C columns.
        rows: Line and cells of each row.

    Raises:
        InputError: A name is missing or given twice, a row has too many or too few cells, or there
            is no row.
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(f"{path} has several columns named {twice[0]!r}; rename all but one.")
    if "" in names:
        raise InputError(
            f"Column {names.index('') + 1} of {path} has no name; name it, or remove the column."
        )
    for line, cells in rows:
        if len(cells) != len(names):
            raise InputError(
                f"Line {line} of {path} has {len(cells)} cells where the table has {len(names)} "
                "columns; give one cell for each."
            )
    if not rows:
        raise InputError(f"{path} has columns but no rows; one row for each sample was expected.")
    frame = pd.DataFrame(
        [cells for _, cells in rows],
        index=[line for line, _ in rows],
        columns=list(names),
        dtype=object,
    )
    return frame.where(~frame.isin(list(MISSING)), None)


def numbers(column: pd.Series, path: Path) -> pd.Series:
    """A column of texts (N,) as numbers, NaN where a cell is missing.

    Raises:
        InputError: A cell is no number, or too large.
    """
    found = column.map(number_or_none)
    refuse(
        column,
        column.notna() & found.isna(),
        path,
        "where numbers were expected; correct the cell, or leave it empty if the number is not "
        "known",
    )
    converted = found.astype(np.float64)
    refuse(
        column,
        converted.abs() > LARGEST,
        path,
        f"where finite numbers up to {LARGEST:g} were expected; correct it, or leave it empty",
    )
    return converted


def refuse(column: pd.Series, wrong: pd.Series, path: Path, expected: str) -> None:
    """Raise an InputError at the first cell of a column that is marked as wrong, if there is one.

    Args:
        column: Cells (N,).
        wrong: Marks (N,).
        path: The file.
        expected: The end of the sentence: what was expected, and what to do.
    """
    if wrong.any():
        row = int(np.argmax(wrong.to_numpy()))
        cell = column.iloc[row]
        found = repr(cell) if isinstance(cell, str) else f"{cell:g}"
        raise InputError(
            f"Line {column.index[row]} of {path} holds {found} in column {column.name}, {expected}."
        )


def number_or_none(text: str | None) -> float | None:
    """The number that a text stands for, if it is one."""
    # Python reads 1_000 as a number, and nobody who writes tables does.
    if text is None or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def is_numeric(column: pd.Series) -> bool:
    """Whether at least half of the cells that are there are numbers."""
    there = column.dropna()
    count = sum(number_or_none(text) is not None for text in there)
    return 2 * count >= len(there)
