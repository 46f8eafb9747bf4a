"""The family `table:FILE.csv`: several targets from a CSV file of one's own."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.problems.cells import is_numeric, numbers
from paretocli.problems.csv_text import read_texts
from paretocli.problems.table_form import TableForm
from paretocli.problems.tabular import tabular
from paretocli.problems.targets import left_out, matching_columns


def make(argument: str, data_dir: Path, targets: Sequence[str], **form: Any) -> Problem:
    """Predict some columns of a CSV file from all the others.

    Args:
        argument: The path of the file.
        data_dir: Not needed: the path is the user's own.
        targets: Names of the columns to predict, or patterns of names.
        form: What the columns are: the fields of `TableForm`.
    """
    if not targets:
        raise InputError(
            f"table:{argument} does not say which columns to predict; name two or more with "
            "--targets, as in --targets price,area."
        )
    path = Path(argument)
    asked = TableForm(**form)
    read = read_texts(path, asked.delimiter, asked.encoding)
    named = [name for name in (asked.split, asked.group, asked.fair) if name is not None]
    columns = list(read.frame.columns)
    found = matching_columns(targets, columns, path, named)
    asked = replace(asked, leave_out=left_out(asked.leave_out, columns, path, found))
    frame = with_numbers(read.frame, path, leaving=[*found, *asked.dividing, *asked.leave_out])
    problem = tabular(frame, found, name=path.stem, path=path, form=asked)
    return replace(problem, notes=(*read.notes, *problem.notes))


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
