"""The columns of a table that are to be predicted, and what their tasks are called."""

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from paretocli.errors import InputError


def matching_columns(
    names: Sequence[str],
    columns: Sequence[str],
    path: Path,
    leaving: Collection[str] = (),
    *,
    option: str = "--targets",
) -> list[str]:
    """The columns that names and patterns stand for, in the order of the names.

    A text that is a column's name is that column alone. What a pattern stands for comes in the
    order of the table, without the columns that are named elsewhere.

    Args:
        names: Names, or patterns with `*` and `?`, whose case counts.
        columns: Those of the table.
        path: The file, for the message.
        leaving: Columns that patterns leave out.
        option: What holds the names, for the message.

    Raises:
        InputError: A pattern stands for no column.
    """
    named = {name for name in names if name in columns}
    found: list[str] = []
    for given in names:
        if given in named or not {"*", "?"} & {*given}:
            found.append(given)
            continue
        matching = [name for name in columns if fnmatchcase(name, _pattern(given))]
        if not matching:
            raise InputError(
                f"{option} {given} stands for no column of {path}; {closest(given, columns)}"
            )
        taken = {*named, *leaving, *found}
        found += [name for name in matching if name not in taken]
    return found


def left_out(
    names: Sequence[str], columns: Sequence[str], path: Path, targets: Collection[str]
) -> tuple[str, ...]:
    """The columns that are to be no features, from names and patterns.

    Args:
        names: As for `matching_columns`.
        columns: Those of the table.
        path: The file, for the messages.
        targets: The columns to predict, which patterns leave out.

    Raises:
        InputError: A name or pattern stands for no column, or a name for a target.
    """
    found = matching_columns(names, columns, path, targets, option="--leave-out")
    for name in found:
        if name not in columns:
            raise InputError(
                f"{path} has no column {name!r} to leave out; {closest(name, columns)}"
            )
        if name in targets:
            raise InputError(
                f"The column {name} of {path} is a target and in --leave-out; give it to one of "
                "them alone."
            )
    return tuple(dict.fromkeys(found))


def _pattern(target: str) -> str:
    """The pattern as `fnmatch` has it, which gives a meaning to brackets: names may hold them."""
    return target.replace("[", "[[]")


def check_targets(targets: Sequence[str], columns: Sequence[str], path: Path) -> None:
    """Refuse targets that are not there, or given twice, or whose tasks would share a name.

    Args:
        targets: Names of the target columns.
        columns: Those of the table.
        path: The file, for the messages.

    Raises:
        InputError: There is such a target.
    """
    for target in targets:
        if target not in columns:
            raise InputError(
                f"{path} has no column {target!r} to predict; {closest(target, columns)}"
            )
        if list(targets).count(target) > 1:
            raise InputError(f"The target {target} is named twice; name each target once.")
    names = [task_name(target) for target in targets]
    for name in names:
        if names.count(name) > 1:
            same = [target for target in targets if task_name(target) == name]
            raise InputError(
                f"The targets {' and '.join(map(repr, same))} of {path} would both be called "
                f"{name}; rename a column."
            )


def closest(name: str, columns: Sequence[str]) -> str:
    """What else a column may be that is not there: the end of a sentence."""
    close = get_close_matches(name, columns, n=1, cutoff=0.4)
    return f"did you mean {close[0]!r}?" if close else f"its columns are {_some(columns)}."


def task_name(column: str) -> str:
    """What the task of a column is called: easy to type as part of an option or a column name."""
    return re.sub(r"""[\s,="']+""", "_", column)


def _some(columns: Sequence[str]) -> str:
    """The last columns: most tables have their targets there."""
    return ", ".join(["…", *columns[-8:]] if len(columns) > 8 else columns)
