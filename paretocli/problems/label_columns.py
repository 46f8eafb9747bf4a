"""Columns of labels: which are classes and which are numbers, and the tasks that come of them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from paretocli.core.task import Task
from paretocli.errors import InputError
from paretocli.problems.cells import number_or_none, numbers
from paretocli.problems.classification import classification
from paretocli.problems.csv_table import is_numeric
from paretocli.problems.splitting import Rows, check_there
from paretocli.problems.tabular import number_task
from paretocli.problems.targets import task_name

MOST_NUMBERED = 20  # different whole numbers that are still classes
SHOWN = 20  # classes in a sentence
MISSING = -1


@dataclass(frozen=True, eq=False)
class Labels:
    """A column as a task.

    Attributes:
        task: The task.
        target: Classes (N,), `MISSING` where there is none, or numbers (N,), NaN likewise.
        words: What it was taken for, in a sentence.
    """

    task: Task
    target: Tensor
    words: str


def labels_of(column: pd.Series, rows: Rows, path: Path) -> Labels:
    """The task of a column: to tell classes, or to predict a number.

    Texts are classes, and so are up to twenty different whole numbers; other numbers are numbers.

    Args:
        column: Texts (N,), `None` where missing.
        rows: Of each split.
        path: The file, for the messages.

    Raises:
        InputError: There is nothing to predict, or no label in a split, or too many texts.
    """
    check_there(column, rows, path)
    there = column.dropna()
    found = there.map(number_or_none)
    # Tables that lack some whole numbers often have them as 3.0.
    whole = bool((found.notna() & (found.astype(float) % 1 == 0)).all())
    if (whole and found.nunique() <= MOST_NUMBERED) or not is_numeric(column):
        return _classes(column, rows, path, numbered=whole)
    values = numbers(column, path)
    task = number_task(values, rows, path)
    low, high = values.min(), values.max()
    words = f"{task.name}: a number, from {low:g} to {high:g}"
    return Labels(task, torch.tensor(values.to_numpy()), words)


def _classes(column: pd.Series, rows: Rows, path: Path, *, numbered: bool) -> Labels:
    """Classes in the order of their numbers, or of the alphabet."""
    keys = column.map(lambda text: text if text is None else float(text)) if numbered else column
    classes = sorted(keys.dropna().unique())
    if len(keys.iloc[rows["train"]].dropna().unique()) < 2:
        raise InputError(
            f"The column {column.name} of {path} is {column.dropna().iloc[0]} in all of the "
            "training rows; there is nothing to predict: choose another target."
        )
    if 2 * len(classes) > keys.notna().sum():
        raise InputError(
            f"The column {column.name} of {path} has {len(classes)} different texts in "
            f"{keys.notna().sum()} rows, which are no classes; leave it out by naming others with "
            "--targets."
        )
    numbers_of = {name: number for number, name in enumerate(classes)}
    target = np.array([numbers_of.get(key, MISSING) for key in keys], dtype=np.int64)
    task = classification(task_name(str(column.name)), len(classes))
    if (target == MISSING).any():
        task = replace(task, missing=MISSING)
    shown = [f"{name:g}" if numbered else name for name in classes[:SHOWN]]
    more = ", …" if len(classes) > SHOWN else ""
    words = f"{task.name}: {len(classes)} classes, in this order: {', '.join(shown)}{more}"
    return Labels(task, torch.from_numpy(target), words)
