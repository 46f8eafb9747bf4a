"""Columns of labels: the tasks to tell classes, or to predict numbers or counts."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from paretocli.core.task import Task
from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.problems.cells import number_or_none, numbers
from paretocli.problems.classification import classification
from paretocli.problems.column_kinds import Kind, comes_again, found_kind, whole_numbers
from paretocli.problems.counts import count_task
from paretocli.problems.numbers_task import number_task
from paretocli.problems.splitting import Rows, check_there
from paretocli.problems.targets import task_name

SHOWN = 20  # classes in a sentence
MISSING = -1

# Makes a task of its name and of how many training rows each class has.
ClassTask = Callable[[str, Sequence[int]], Task]


@dataclass(frozen=True, eq=False)
class Labels:
    """A column as a task.

    Attributes:
        task: The task.
        kind: What the column was taken for.
        target: Classes (N,), `MISSING` where there is none, or numbers (N,), NaN likewise; where it
            is compared between groups, both by name.
        words: What it was taken for, in a sentence.
        classes: Names of the classes, none of a number.
        groups: Names of the groups that are compared, if any are.
    """

    task: Task
    kind: Kind
    target: Any
    words: str
    classes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def _unweighted(name: str, counts: Sequence[int]) -> Task:
    return classification(name, len(counts))


def labels_of(
    column: pd.Series,
    rows: Rows,
    path: Path,
    kind: Kind | None = None,
    class_task: ClassTask = _unweighted,
) -> Labels:
    """The task of a column: to tell classes, or to predict a number or a count.

    Args:
        column: Texts (N,), `None` where missing, or numbers, NaN where missing.
        rows: Of each split.
        path: The file, for the messages.
        kind: What it is, None for what it is found to be.
        class_task: Makes the task of a column of classes.

    Raises:
        InputError: There is nothing to predict, or no label in a split, or a cell is not of the
            kind, or classes are too many.
    """
    check_there(column, rows, path)
    taken = kind or found_kind(column)
    if taken == "class":
        return _classes(column, rows, path, class_task, said=kind is not None)
    values = column if pd.api.types.is_float_dtype(column) else numbers(column, path)
    make = number_task if taken == "number" else count_task
    task = make(values, rows, path)
    low, high = values.min(), values.max()
    words = f"{task.name}: a {taken}, from {low:g} to {high:g}"
    if kind is None and whole_numbers(column):
        words += f" (whole numbers: {_say(column, 'count')} for counts)"
    return Labels(task, taken, torch.tensor(values.to_numpy()), words)


def _classes(
    column: pd.Series, rows: Rows, path: Path, class_task: ClassTask, *, said: bool
) -> Labels:
    """Classes in the order of their numbers, or of the alphabet."""
    found = column.dropna().map(lambda cell: number_or_none(str(cell)))
    numbered = bool(found.notna().all())
    keys = column.map(float, na_action="ignore") if numbered else column
    classes = sorted(keys.dropna().unique())
    if len(keys.iloc[rows["train"]].dropna().unique()) < 2:
        raise InputError(
            f"The column {column.name} of {path} is {column.dropna().iloc[0]} in all of the "
            "training rows; there is nothing to predict: choose another target."
        )
    if not comes_again(len(classes), keys.notna().sum()):
        what = "numbers" if numbered else "texts"
        raise InputError(
            f"The column {column.name} of {path} has {len(classes)} different {what} in "
            f"{keys.notna().sum()} rows, which are no classes; leave it out by naming others with "
            "--targets."
        )
    numbers_of = {name: number for number, name in enumerate(classes)}
    target = np.array(
        [MISSING if pd.isna(key) else numbers_of[key] for key in keys], dtype=np.int64
    )
    training = target[rows["train"]]
    counts = np.bincount(training[training != MISSING], minlength=len(classes)).tolist()
    task = class_task(task_name(str(column.name)), counts)
    if (target == MISSING).any():
        task = replace(task, missing=MISSING)
    names = tuple(f"{name:.15g}" if numbered else name for name in classes)
    more = ", …" if len(classes) > SHOWN else ""
    words = f"{task.name}: {len(classes)} classes, in this order: {', '.join(names[:SHOWN])}{more}"
    if not said and len(classes) > 2 and whole_numbers(column):
        words += f" (whole numbers: {_say(column, 'number')} for numbers)"
    unseen = [name for name, count in zip(names, counts, strict=True) if not count]
    if unseen:
        words += f"; no training row is {some_of(unseen)}, which cannot be learned"
    return Labels(task, "class", torch.from_numpy(target), words, names)


def _say(column: pd.Series, kind: Kind) -> str:
    return f"--task {shlex.quote(f'{column.name}={kind}')}"
