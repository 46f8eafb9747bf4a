"""The pictures that sweeps end with: each takes longer to draw than a short sweep to train."""

import functools
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from paretocli.library import running
from paretocli.outputs import write_output
from paretocli.plots import against_figure, front_figure

BLANK = b"\x89PNG\r\n\x1a\n"

DRAWN = {"TESTS_PICTURES": "drawn"}
"""In the environment of a forked program whose sweep is to end with a picture that is drawn."""


def leave_pictures_blank(put: Callable[..., Any] = setattr) -> None:
    """Have sweeps in this process make their figures, and write blank pictures.

    What is asked for by itself is drawn. So is all that the program draws in an interpreter of its
    own, or forked with `DRAWN`.

    Args:
        put: Sets an attribute of a module.
    """
    ends = ContextVar("ends", default=False)
    draw = running._draw

    @functools.wraps(draw)
    def draw_at_the_end(*args: Any, **kwargs: Any) -> None:
        token = ends.set(True)
        try:
            draw(*args, **kwargs)
        finally:
            ends.reset(token)

    def unless_it_ends(save: Callable[[Figure, Path], None]) -> Callable[[Figure, Path], None]:
        def saved(figure: Figure, path: Path) -> None:
            if ends.get():
                write_output(path, BLANK, "Picture", "--out")
            else:
                save(figure, path)

        return saved

    put(running, "_draw", draw_at_the_end)
    for module in (front_figure, against_figure):
        put(module, "save", unless_it_ends(module.save))
