"""Fairness as a task of a table: how differently rows with other values in a column fare."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.problems.column_kinds import comes_again, found_kind
from paretocli.problems.fairness import LABELS, Notion, Surrogate, fairness_task
from paretocli.problems.label_columns import MISSING, Labels
from paretocli.problems.splitting import SPLIT_WORDS, Rows
from paretocli.problems.table_form import TableForm
from paretocli.problems.targets import closest, task_name

FEW = 30  # rows, of which a rate is that of all by a tenth or two
NAMES = {
    "parity": "demographic parity",
    "opportunity": "equal opportunity",
    "odds": "equalised odds",
}


def fairness_of(
    frame: pd.DataFrame,
    targets: Sequence[str],
    labels: Sequence[Labels],
    rows: Rows,
    form: TableForm,
    path: Path,
) -> list[Labels]:
    """The task of the column that is asked to be treated alike; none where none is.

    Args:
        frame: The table (N, C).
        targets: Names of the columns to predict.
        labels: What these hold.
        rows: Of each split.
        form: Names the column, the notion and the surrogate.
        path: The file, for the messages.

    Raises:
        InputError: The column is not there, a target, or holds no groups; there is no target of two
            classes, or a split without two groups to compare.
    """
    if form.fair is None:
        return []
    column = _column(form.fair, frame, targets, path)
    codes, groups = _groups(column, path)
    judged = next((one for one in labels if len(one.classes) == 2), None)
    if judged is None:
        raise InputError(
            f"--fair {form.fair} is for a target of two classes, and {path} has none; name one "
            "with --targets, or say which is one with --task COLUMN=class."
        )
    notion, surrogate = cast(Notion, form.fair_notion), cast(Surrogate, form.fair_surrogate)
    task = fairness_task(
        task_name(f"fair_{form.fair}"),
        notion,
        groups=len(groups),
        surrogate=surrogate,
        of=judged.task.name,
    )
    group = torch.from_numpy(codes)
    least = _least_counts(group, judged.target, rows, form, path)
    seen = "which stays a feature" if form.fair_feature else "which is no feature"
    words = (
        f"{task.name}: the difference of {NAMES[notion]} in {judged.task.name} "
        f"({judged.classes[1]}) between the {len(groups)} groups of {form.fair}, {seen}: "
        f"{some_of(groups)}; the smallest rate is of {least}"
    )
    without = int((codes == MISSING).sum())
    if without:
        words += f"; {without:,} rows without a group count for none"
    target = {"group": group, "label": judged.target}
    return [Labels(task, "class", target, words, groups=tuple(groups))]


def _column(name: str, frame: pd.DataFrame, targets: Sequence[str], path: Path) -> pd.Series:
    """Texts (N,), `None` where missing."""
    if name not in frame.columns:
        raise InputError(
            f"{path} has no column {name!r} for --fair; {closest(name, list(frame.columns))}"
        )
    if name in targets:
        raise InputError(
            f"The column {name} of {path} is a target and cannot hold the groups of --fair too; "
            "choose another one."
        )
    column = frame[name]
    if pd.api.types.is_float_dtype(column):
        texts = column.map(lambda value: f"{value:.15g}", na_action="ignore").astype(object)
        return texts.where(texts.notna(), None)
    return column


def _groups(column: pd.Series, path: Path) -> tuple[np.ndarray, list[str]]:
    """A number for each row's group (N,), `MISSING` for none, and the groups' names."""
    groups = sorted(column.dropna().unique())
    if len(groups) < 2:
        raise InputError(
            f"The column {column.name} of {path} has {len(groups)} different values; --fair "
            "compares two groups or more."
        )
    if found_kind(column) != "class" or not comes_again(len(groups), column.notna().sum()):
        raise InputError(
            f"The column {column.name} of {path} has {len(groups)} different values in "
            f"{column.notna().sum()} rows, which are no groups; --fair is for a column of classes, "
            "such as the words of a questionnaire or up to 20 whole numbers."
        )
    numbers = {name: number for number, name in enumerate(groups)}
    codes = [MISSING if value is None or pd.isna(value) else numbers[value] for value in column]
    return np.array(codes, dtype=np.int64), [str(name) for name in groups]


def _least_counts(group: Tensor, label: Tensor, rows: Rows, form: TableForm, path: Path) -> str:
    """Of how few rows the rates are that the loss compares, for each split."""
    found, few = [], False
    for split, part in rows.items():
        of_group, of_label = group[part], label[part]
        counts = [
            [int(count) for count in _counts(of_group, of_label, one) if count]
            for one in LABELS[form.fair_notion]
        ]
        if min(map(len, counts)) < 2:
            raise InputError(
                f"The {SPLIT_WORDS[split]} rows of {path} have fewer than two groups of "
                f"{form.fair} to compare for --fair-notion {form.fair_notion}; choose another "
                "column or notion, or divide the rows otherwise (--stratify, --split)."
            )
        least = min(map(min, counts))
        few = few or least < FEW
        found.append(f"{least:,} {SPLIT_WORDS[split]}")
    warning = ", and a rate of so few is mostly chance" if few else ""
    return f"{', '.join(found[:-1])} and {found[-1]} rows{warning}"


def _counts(group: Tensor, label: Tensor, one: int | None) -> list[int]:
    """How many rows of each group that is known have a label, or are there where it is None."""
    counted = group[group != MISSING if one is None else (group != MISSING) & (label == one)]
    counts: list[int] = torch.bincount(counted).tolist()
    return counts
