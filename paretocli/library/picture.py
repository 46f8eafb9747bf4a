"""A picture of a run directory, as a notebook shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.library.drawing import Drawn


@dataclass(frozen=True)
class Picture:
    """A picture that was drawn; a notebook shows it.

    Attributes:
        path: The file.
        shows: Its columns, inputs and the like, as `paretocli plot-front --json` prints them.
        hints: What it leaves out, a sentence each.
    """

    path: Path
    shows: Mapping[str, Any]
    hints: tuple[str, ...]

    def _repr_png_(self) -> bytes | None:
        return self.path.read_bytes() if self.path.suffix == ".png" else None

    def _repr_svg_(self) -> str | None:
        return self.path.read_text(encoding="utf-8") if self.path.suffix == ".svg" else None


def checked_split(name: str) -> str:
    """A split's name.

    Raises:
        InputError: It is none.
    """
    if name not in ("train", "val", "test"):
        raise InputError(f"A split should be one of train, val, test, found {name}.")
    return name


def picture_of(drawn: Drawn) -> Picture:
    """The picture that was drawn."""
    return Picture(Path(drawn.report["picture"]), drawn.report, tuple(drawn.hints))
