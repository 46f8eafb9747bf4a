"""A picture of a run directory, as a notebook shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paretocli.errors import InputError
from paretocli.library.drawing import (
    Better,
    Drawn,
    draw_against,
    draw_columns,
    draw_history,
    draw_layers,
)


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


def draw(
    path: Path,
    *,
    x: str | None,
    y: str | None,
    against: str | None,
    layers: int | None,
    history: bool,
    split: str | None,
    better: Better,
    out: Path | None,
    title: str | None,
) -> Picture:
    """Draw what is asked for; see `Run.plot`.

    Raises:
        InputError: Two kinds of pictures are asked for, or a column is not there.
    """
    asked = {"x": x, "against": against, "layers": layers, "history": history or None}
    given = [name for name, value in asked.items() if value is not None]
    if len(given) > 1:
        raise InputError(f"{given[0]} does not go with {given[1]}; give one of them.")
    if (x is None) != (y is None):
        raise InputError("x and y go together; give both columns, or neither.")
    if layers is not None:
        drawn = draw_layers([path], layers, out, title)
    elif history:
        drawn = draw_history([path], split or "val", out, title)
    elif against is not None:
        drawn = draw_against([path], against, split or "test", better, out, title)
    else:
        columns = [x, y] if x is not None and y is not None else None
        drawn = draw_columns([path], columns, split or "test", better, out, title)
    return _picture(drawn)


def checked_split(name: str) -> str:
    """A split's name.

    Raises:
        InputError: It is none.
    """
    if name not in ("train", "val", "test"):
        raise InputError(f"A split should be one of train, val, test, found {name}.")
    return name


def _picture(drawn: Drawn) -> Picture:
    return Picture(Path(drawn.report["picture"]), drawn.report, tuple(drawn.hints))
