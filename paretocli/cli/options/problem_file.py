"""Options: the problem of a run directory that is somebody's own code, and whether it may run."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from paretocli.printable import printable

ProblemFile = Annotated[
    str | None,
    typer.Option(
        "--problem",
        metavar="FILE.py:FUNCTION",
        help="The problem of the sweep, where that is code of somebody's own: it runs. Without, "
        "you are asked before it does.",
        show_default="as the run directory names it",
    ),
]


def may_run(path: Path, file: str) -> bool:
    """Ask whether code may run; where nobody can be asked, it may not."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(printable(f"{path} names code in {file}; run it?"), err=True)
