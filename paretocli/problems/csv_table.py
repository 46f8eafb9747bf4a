"""The family `table:FILE.csv`: several targets from a CSV file of one's own."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.problems.cells import number_or_none, numbers, read_text, texts
from paretocli.problems.tabular import tabular


def make(argument: str, data_dir: Path, targets: Sequence[str]) -> Problem:
    """Predict some columns of a CSV file from all the others.

    Args:
        argument: The path of the file.
        data_dir: Not needed: the path is the user's own.
        targets: Names of the columns to predict.
    """
    if not targets:
        raise InputError(
            f"table:{argument} does not say which columns to predict; name two or more with "
            "--targets, as in --targets price,area."
        )
    path = Path(argument)
    return tabular(read_csv(path), targets, name=path.stem, path=path)


def read_csv(path: Path) -> pd.DataFrame:
    """Read a table (N, C) from a CSV file whose first line names the columns.

    Columns of numbers become numbers, all others texts; a column that holds both has to hold more
    texts. The index holds the lines of the file. A missing cell is NaN or `None`.

    Raises:
        InputError: The file is no such table; the message names the line or the column.
    """
    frame = read_texts(path)
    for name in frame.columns:
        if is_numeric(frame[name]):
            frame[name] = numbers(frame[name], path)
    return frame


def read_texts(path: Path) -> pd.DataFrame:
    """The same with all columns as texts; a missing cell is `None`.

    Raises:
        InputError: The file is no table; the message names the line or the column.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""), skipinitialspace=True)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except csv.Error as error:
        raise InputError(
            f"Line {reader.line_num} of {path} cannot be read ({error}); mend it."
        ) from None
    (_, names), *body = rows
    if len(names) < 2:
        raise InputError(
            f"{path} has a single column, {names[0]!r}; several columns separated by commas were "
            "expected."
        )
    return texts(path, names, body)


def is_numeric(column: pd.Series) -> bool:
    """Whether at least half of the cells that are there are numbers."""
    there = column.dropna()
    count = sum(number_or_none(text) is not None for text in there)
    return 2 * count >= len(there)
