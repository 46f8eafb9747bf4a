"""The family `table:FILE.csv`: several targets from a CSV file of one's own."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.problems.cells import is_numeric, numbers, read_text, texts
from paretocli.problems.table_form import TableForm
from paretocli.problems.tabular import tabular


def make(argument: str, data_dir: Path, targets: Sequence[str], **form: Any) -> Problem:
    """Predict some columns of a CSV file from all the others.

    Args:
        argument: The path of the file.
        data_dir: Not needed: the path is the user's own.
        targets: Names of the columns to predict.
        form: What the columns are: the fields of `TableForm`.
    """
    if not targets:
        raise InputError(
            f"table:{argument} does not say which columns to predict; name two or more with "
            "--targets, as in --targets price,area."
        )
    path = Path(argument)
    asked = TableForm(**form)
    frame = with_numbers(read_texts(path), path, leaving=[*targets, *asked.dividing])
    return tabular(frame, targets, name=path.stem, path=path, form=asked)


def with_numbers(frame: pd.DataFrame, path: Path, leaving: Sequence[str] = ()) -> pd.DataFrame:
    """A table (N, C) whose columns of numbers are numbers; all others stay texts.

    A column that holds both has to hold more texts.

    Args:
        frame: Texts (N, C), `None` where missing; the index holds the lines of the file.
        path: The file, for the message.
        leaving: Columns that stay texts whatever they hold.

    Raises:
        InputError: There is a text in a column of numbers; the message names the line.
    """
    found = {
        name: numbers(frame[name], path)
        for name in frame.columns
        if name not in leaving and is_numeric(frame[name])
    }
    return frame.assign(**found)


def read_texts(path: Path) -> pd.DataFrame:
    """Read a table (N, C) of texts from a CSV file whose first line names the columns.

    The index holds the lines of the file. A missing cell is `None`.

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
