"""What a column of labels holds: classes, numbers or counts."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, cast

import pandas as pd

from paretocli.errors import InputError
from paretocli.lists import some_of
from paretocli.problems.cells import is_numeric, number_or_none

Kind = Literal["class", "number", "count"]

MOST_NUMBERED = 20  # different whole numbers that are still classes
LEAST_A_CLASS = 2  # rows on average; texts of which there are fewer are names, not classes


def found_kind(column: pd.Series) -> Kind:
    """What a column is taken for where nobody says.

    Texts are classes, and so are up to twenty different whole numbers that come again; other
    numbers are numbers.

    Args:
        column: Texts (N,), `None` where missing; some are there.
    """
    if not is_numeric(column):
        return "class"
    different = whole_numbers(column)
    few = 0 < different <= MOST_NUMBERED
    return "class" if few and comes_again(different, column.notna().sum()) else "number"


def whole_numbers(column: pd.Series) -> int:
    """How many different whole numbers a column holds; 0 where it holds anything else."""
    found = column.dropna().map(number_or_none)
    # Tables that lack some whole numbers often have them as 3.0.
    whole = bool((found.notna() & (found.astype(float) % 1 == 0)).all())
    return int(found.nunique()) if whole else 0


def comes_again(different: int, cells: int) -> bool:
    """Whether there are enough cells for so many different ones to be classes."""
    return different * LEAST_A_CLASS <= cells


def asked_kinds(
    asked: Mapping[str, str], targets: Sequence[str], path: Path
) -> dict[str, Kind | None]:
    """What each column is to be taken for, None where nobody says.

    Args:
        asked: Kinds by name, or by pattern with * and ?; a name goes before patterns, and longer
            patterns before shorter ones.
        targets: Names of the columns.
        path: The file, for the message.

    Raises:
        InputError: A name or pattern is of no target.
    """
    found: dict[str, Kind | None] = dict.fromkeys(targets)
    for name, kind in sorted(asked.items(), key=lambda entry: len(entry[0])):
        matching = [target for target in targets if fnmatchcase(target, name)]
        if name not in targets and not matching:
            raise InputError(
                f"--task {name}={kind} is of no target of {path}; its targets are "
                f"{some_of(targets)}."
            )
        for target in matching:
            found[target] = cast(Kind, kind)
    return found | {name: cast(Kind, asked[name]) for name in targets if name in asked}
