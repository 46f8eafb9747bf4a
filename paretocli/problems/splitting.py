"""Which rows of a table are for training, validation and test."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from paretocli.core.splits import SPLITS, Split
from paretocli.errors import InputError

SPLIT_SEED = 20241
SHARES = (0.6, 0.8)
VALIDATION_SHARE = 0.2  # of the training rows, where a column marks none for validation
LEAST_ROWS = 20
SPLIT_COLUMN = "split"
SPLIT_WORDS: dict[Split, str] = {"train": "training", "val": "validation", "test": "test"}

Rows = dict[Split, npt.NDArray[np.int64]]


def at_random(count: int, path: Path) -> Rows:
    """Rows of each split, 60 : 20 : 20, the same ones each time.

    Args:
        count: How many there are.
        path: The file, for the message.

    Raises:
        InputError: They are too few.
    """
    refuse_few(count, path)
    order = np.random.default_rng(SPLIT_SEED).permutation(count)
    train, val, test = np.split(order, [round(share * count) for share in SHARES])
    return {"train": train, "val": val, "test": test}


def refuse_few(count: int, path: Path) -> None:
    """Refuse a table of too few rows.

    Raises:
        InputError: It is one.
    """
    if count < LEAST_ROWS:
        raise InputError(
            f"{path} has {count} rows; at least {LEAST_ROWS} are needed for training, "
            "validation and test data."
        )


def as_marked(column: pd.Series, path: Path) -> tuple[Rows, str]:
    """Rows of each split as a column says, and what to say of it.

    Without a row for validation, a fifth of the training rows is, the same ones each time.

    Args:
        column: Texts (N,); the index holds line numbers.
        path: The file, for the messages.

    Raises:
        InputError: A cell is none of train, val and test, or none for training or test.
    """
    for line, word in column.items():
        if word not in SPLITS:
            found = "nothing" if word is None else repr(word)
            raise InputError(
                f"Line {line} of {path} holds {found} in column {column.name}, where one of "
                f"{', '.join(SPLITS)} was expected; correct it, or rename the column."
            )
    rows: Rows = {split: np.flatnonzero(column == split) for split in SPLITS}
    needed: tuple[tuple[Split, int], ...] = (("train", 1 if len(rows["val"]) else 2), ("test", 1))
    for split, least in needed:
        if len(rows[split]) < least:
            raise InputError(
                f"The column {column.name} of {path} marks {len(rows[split])} rows as {split}; "
                f"mark {least} or more."
            )
    words = f"as the column {column.name} marks them"
    if not len(rows["val"]):
        order = np.random.default_rng(SPLIT_SEED).permutation(rows["train"])
        held_out = max(1, round(VALIDATION_SHARE * len(order)))
        rows |= {"train": np.sort(order[held_out:]), "val": np.sort(order[:held_out])}
        words += ", which marks none as val: a fifth of those for training is taken"
    return rows, words


def check_there(column: pd.Series, rows: Rows, path: Path) -> None:
    """Refuse a column of targets (N,) without any in a split.

    Raises:
        InputError: There is a split in which all are missing.
    """
    for split, part in rows.items():
        if column.iloc[part].isna().all():
            raise InputError(
                f"The column {column.name} of {path} is missing in all of the {len(part)} "
                f"{SPLIT_WORDS[split]} rows; choose another target."
            )
