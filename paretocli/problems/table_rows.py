"""Which rows of a table are for training, validation and test, as the options say."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_numeric_dtype

from paretocli.core.splits import SPLITS, Split
from paretocli.errors import InputError
from paretocli.problems.column_kinds import Kind, found_kind
from paretocli.problems.divided import divided
from paretocli.problems.splitting import (
    SHARES,
    SPLIT_SEED,
    VALIDATION_SHARE,
    Rows,
    as_marked,
    at_random,
    refuse_few,
)
from paretocli.problems.table_form import TableForm
from paretocli.problems.targets import closest

Integers = npt.NDArray[np.int64]

NAMED = 20  # rows of a table, below which values may well be all different


def rows_of(
    frame: pd.DataFrame, kinds: Mapping[str, Kind | None], form: TableForm, path: Path
) -> tuple[Rows, str]:
    """The rows of each split, the same ones each time, and how they were found, in words.

    Args:
        frame: The table; the columns that divide it hold texts, `None` where missing.
        kinds: What its targets hold, None where that is to be found.
        form: The columns that divide it.
        path: The file, for the messages.

    Raises:
        InputError: A column is not there, a target, or holds what divides nothing; or there are
            too few rows or groups.
    """
    for flag, name in (("--split", form.split), ("--group", form.group)):
        _refuse_no_column(name, flag, frame, kinds, path)
    classes = _classes(frame, kinds, path) if form.stratify else []
    groups = None if form.group is None else _groups(frame[form.group], path)
    labels = _labels(frame, classes)
    words = [f"the groups of {form.group} kept together"] if form.group is not None else []
    words += [f"each class of {', '.join(classes)} in the same shares"] if classes else []
    if form.split is not None:
        rows, how = _marked(frame[form.split], groups, labels, words, form, path)
    elif groups is None and not classes:
        return at_random(len(frame), path), "60 : 20 : 20 at random"
    else:
        refuse_few(len(frame), path)
        shares = np.diff([0, *SHARES, 1]).tolist()
        parts = divided(shares, _each(groups, len(frame)), labels, SPLIT_SEED)
        rows = dict(zip(SPLITS, parts, strict=True))
        how = "60 : 20 : 20 at random, " + " and ".join(words)
    if groups is not None:
        _refuse_shared_groups(frame[form.group], groups, rows, path)
    return rows, how


def feature_hints(features: pd.DataFrame, path: Path) -> list[str]:
    """A sentence on each feature that looks as if it were to divide the rows, or to name them."""
    dividing = [
        f"The column {name} of {path} is a feature; --split {name} splits the rows as it says."
        for name in features.columns
        if set(features[name].dropna()) <= {*SPLITS} and features[name].notna().any()
    ]
    naming = [
        f"The column {name} of {path} is a feature, with another value in each row; where it only "
        f"names the rows, --leave-out {name}."
        for name in features.columns
        if _names_rows(features[name])
    ]
    return [*dividing, *naming]


def _names_rows(column: pd.Series) -> bool:
    """Whether each row has a text of its own, or a whole number that counts the rows."""
    if len(column) < NAMED or not column.notna().all() or not column.is_unique:
        return False
    if not is_numeric_dtype(column):
        return True
    return bool((column % 1 == 0).all()) and column.max() - column.min() == len(column) - 1


def _marked(
    column: pd.Series,
    groups: Integers | None,
    labels: Integers,
    words: Sequence[str],
    form: TableForm,
    path: Path,
) -> tuple[Rows, str]:
    """As a column says; what is cut off for validation keeps groups together."""
    rows, how = as_marked(column, path)
    if (column == "val").any():
        if form.stratify:
            raise InputError(
                f"--stratify has nothing to divide: the column {column.name} of {path} marks all "
                "rows; leave it out."
            )
        return rows, how
    if not words:
        return rows, how
    training = np.flatnonzero(column == "train")
    found = np.unique(_each(groups, len(column))[training], return_inverse=True)[1]
    if found.max() < 1:
        raise InputError(
            f"All rows of {path} that are for training are of one group in {form.group}, so that "
            f"none can be taken for validation; mark some rows as val in {column.name}."
        )
    shares = (1 - VALIDATION_SHARE, VALIDATION_SHARE)
    train, val = divided(shares, found, labels[training], SPLIT_SEED)
    rows |= {"train": training[train], "val": training[val]}
    return rows, f"{how}, {' and '.join(words)}"


def _each(groups: Integers | None, count: int) -> Integers:
    return np.arange(count) if groups is None else groups


def _refuse_no_column(
    name: str | None,
    flag: str,
    frame: pd.DataFrame,
    kinds: Mapping[str, Kind | None],
    path: Path,
) -> None:
    if name is not None and name not in frame.columns:
        raise InputError(
            f"{path} has no column {name!r} for {flag}; {closest(name, list(frame.columns))}"
        )
    if name in kinds:
        raise InputError(
            f"The column {name} of {path} is a target and cannot divide the rows too; choose "
            f"another one for {flag}."
        )


def _groups(column: pd.Series, path: Path) -> Integers:
    """A number for each row's group (N,)."""
    if column.isna().any():
        line = column.index[int(np.argmax(column.isna().to_numpy()))]
        raise InputError(
            f"Line {line} of {path} holds no group in column {column.name}; name one, as rows "
            "whose group is not known may belong to any."
        )
    codes, different = pd.factorize(column)
    if len(different) < len(SPLITS):
        raise InputError(
            f"The column {column.name} of {path} has {len(different)} different values; as groups "
            f"{len(SPLITS)} or more are needed, one for each split."
        )
    return codes.astype(np.int64)


_PAIRS: tuple[tuple[Split, Split], ...] = (("train", "val"), ("train", "test"), ("val", "test"))


def _refuse_shared_groups(column: pd.Series, groups: Integers, rows: Rows, path: Path) -> None:
    """Refuse a group that a column of splits marks for several of them."""
    for first, second in _PAIRS:
        common = np.intersect1d(groups[rows[first]], groups[rows[second]])
        if len(common):
            name = column.iloc[int(np.argmax(groups == common[0]))]
            raise InputError(
                f"The group {name} in column {column.name} of {path} has rows in {first} and in "
                f"{second}; mark all of its rows as one, or leave out --split or --group."
            )


def _classes(frame: pd.DataFrame, kinds: Mapping[str, Kind | None], path: Path) -> list[str]:
    """The targets that hold classes."""
    found = [n for n, kind in kinds.items() if (kind or found_kind(frame[n])) == "class"]
    if not found:
        raise InputError(
            f"--stratify is for classes, and {path} has no target of classes; leave it out, or say "
            "which column is one with --task COLUMN=class."
        )
    return found


def _labels(frame: pd.DataFrame, classes: Sequence[str]) -> Integers:
    """Which classes of which columns the rows have (N, L)."""
    found = [pd.get_dummies(frame[name]).to_numpy(dtype=np.int64) for name in classes]
    return np.column_stack([np.zeros((len(frame), 0), dtype=np.int64), *found])
