"""`paretocli init`: a problem of one's own to start from."""

import shlex
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from paretocli.printing import say

FILES = ("problem.py", "sweep.toml")

NewFolder = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="A new or an empty folder.", show_default=False),
]


def init(folder: NewFolder) -> None:
    """Write a small problem to change into your own: problem.py and sweep.toml.

    It runs as it is, in seconds, on data that comes with scikit-learn.

    Examples:
      paretocli init mine
    """
    from paretocli.atomic import write_text
    from paretocli.errors import InputError

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            f"{folder} is there already and not an empty folder; name a new one, so that nothing "
            "is overwritten."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        text = (files("paretocli") / "template" / name).read_text(encoding="utf-8")
        write_text(folder / name, text)
    problem, config, run = (
        shlex.quote(str(folder / name)) for name in (f"{FILES[0]}:make", FILES[1], "run")
    )
    say(
        f"{folder / FILES[0]} and {folder / FILES[1]} are there to be changed. As they are:\n\n"
        f"  paretocli check {problem}\n"
        f"  paretocli sweep --config {config}\n"
        f"  paretocli front {run}\n"
        f"  paretocli select {run} --knee"
    )
