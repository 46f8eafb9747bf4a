"""What is said where figures are not there, because nobody has measured them."""

import shlex
from collections.abc import Collection
from pathlib import Path

from paretocli.front.columns import MEASURED


def measure_first(table: Path, column: str) -> str:
    """A sentence on a column that a sweep's table lacks until its networks are measured.

    Args:
        table: The table.
        column: The name that was looked for.

    Returns:
        The sentence; empty where the column is another one, or the table is not of a sweep.
    """
    if column not in MEASURED or table.name != "results.csv":
        return ""
    return (
        f"{table} has no {column} before its networks are measured; run "
        f"{measure_command(table.parent)}."
    )


def measure_again(columns: Collection[str]) -> str:
    """How a sentence on points with empty cells goes on, where they have not been measured."""
    if not {*columns} & {*MEASURED}:
        return ""
    return "; paretocli measure measures all points"


def measure_command(directory: Path) -> str:
    """The command that measures the networks of a run directory."""
    path = str(directory)
    # What begins with a dash would be taken for an option.
    return shlex.join(["paretocli", "measure", f"./{path}" if path.startswith("-") else path])
