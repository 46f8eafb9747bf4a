"""Tables as text."""

import io

from rich.console import Console
from rich.table import Table

# Objectives or metrics that a table or a line has room for; all of them are in results.csv.
SMALLEST_WEIGHT = 0.00095  # that three digits after the point show
MOST_COLUMNS = 6


def as_text(table: Table) -> str:
    """The table in its full width: off a terminal rich would cut the cells at 80 columns.

    Cells are plain text: the name of a directory may have brackets.
    """
    file = io.StringIO()
    console = Console(file=file, width=1000, color_system=None, markup=False, emoji=False)
    console.print(table)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def weight_cell(weight: float) -> str:
    """A weight in five letters: three digits after the point, or a power of ten for less.

    A weight of 0.0005 as 0.001 would be twice what it is.
    """
    return f"{weight:.0e}" if 0 < weight < SMALLEST_WEIGHT else f"{weight:.3f}"
