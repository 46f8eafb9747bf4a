"""Reading a table that is known: its columns, under the names that its copies give them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from paretocli.errors import InputError
from paretocli.problems.csv_text import read_texts
from paretocli.problems.table_files import file_of


def read_known(
    name: str,
    data_dir: Path,
    columns: Sequence[str],
    *,
    optional: Sequence[str] = (),
    also: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, Path]:
    """The columns of a table that a problem is made of, as texts, and the table's file.

    Args:
        name: Of the problem, and of its file.
        data_dir: The folder that holds `tables/<name>.csv`.
        columns: Those that are needed.
        optional: Those that some copies have.
        also: What copies call columns, beside hyphens and dots in the place of underscores.

    Returns:
        Texts (N, C), `None` where missing, in the order of `columns` and `optional`; the index
        holds the lines of the file.

    Raises:
        InputError: There is no such file, it is no table, or it lacks a column.
    """
    path = file_of(data_dir, name)
    if not path.is_file():
        raise InputError(
            f"There is no file {path}; put the table {name} there, with its columns "
            f"{', '.join(columns)}, or name the folder that holds tables/{path.name} with "
            "--data-dir."
        )
    frame = read_texts(path).frame
    plain = {column: column.replace("-", "_").replace(".", "_") for column in frame.columns}
    names = {column: (also or {}).get(known, known) for column, known in plain.items()}
    wanted = [*columns, *(column for column in optional if column in names.values())]
    for column in wanted:
        found = [given for given, known in names.items() if known == column]
        if not found:
            raise InputError(
                f"{path} has no column {column}, which the problem {name} needs; its columns "
                f"should be {', '.join(columns)}."
            )
        if len(found) > 1:
            raise InputError(
                f"{path} has the columns {' and '.join(found)}, which are both taken for "
                f"{column}; remove one."
            )
    return frame.rename(columns=names)[wanted], path
