"""Which column of a table names the images of a folder, each once."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from paretocli.errors import InputError


def file_column(table: pd.DataFrame, names: Sequence[str], path: Path, folder: Path) -> str:
    """The column whose cells are the folder's images, once they were found to be all of them.

    Args:
        table: Texts (N, C); the index holds line numbers.
        names: The images, seen from the folder.
        path: The table's file, for the messages.
        folder: The folder, likewise.

    Raises:
        InputError: No column names images, or several do; or it names none in a line, one that is
            not there, or one twice; or lacks an image.
    """
    known = set(names)
    found = {str(name): int(table[name].isin(known).sum()) for name in table.columns}
    naming = [name for name, count in found.items() if count]
    if not naming:
        raise InputError(
            f"No column of {path} names images of {folder}; one with names such as {names[0]!r}, "
            "seen from the folder, was expected."
        )
    if len(naming) > 1:
        raise InputError(
            f"Several columns of {path} name images of {folder}: {', '.join(naming)}; leave one, "
            "as each sample is one image."
        )
    (column,) = naming
    lines: dict[str, object] = {}
    for line, name in table[column].items():
        if name is None:
            raise InputError(f"Line {line} of {path} names no image in column {column}; add it.")
        if name not in known:
            raise InputError(
                f"Line {line} of {path} names {name!r}, and there is no such image in {folder}; "
                "put it there, or remove the line."
            )
        if name in lines:
            raise InputError(
                f"Lines {lines[name]} and {line} of {path} both name {name!r}; remove one."
            )
        lines[name] = line
    if without := [name for name in names if name not in lines]:
        more = f" ({len(without)} such images)" if len(without) > 1 else ""
        raise InputError(
            f"The image {folder / without[0]} has no line in {path}{more}; add one, with empty "
            "cells if its labels are not known, or move the image elsewhere."
        )
    return column
