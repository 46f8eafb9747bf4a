"""Write a picture whole, or not at all."""

import io
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.text import Text

from paretocli.errors import InputError
from paretocli.outputs import check_output, write_output
from paretocli.printable import printable

FORMATS = ("png", "svg", "pdf")

DPI = 150
"""Dots per inch of a PNG: wide enough for a README on a sharp screen."""

_NAMED = ("Picture", "--out")

# Without their dates, the same data gives the same file.
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}


def check_target(path: Path) -> None:
    """Make sure that a picture can be written to `path`, before any work is done for it.

    Raises:
        InputError: the format is unknown, or the folder is missing or cannot be written to.
    """
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        raise InputError(
            f"Picture {path} should end in .png, .svg or .pdf (found "
            f'"{path.suffix or path.name}"); choose one of these with --out.'
        )
    check_output(path, *_NAMED)


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the file's suffix names.

    Raises:
        InputError: the file cannot be written.
    """
    for text in figure.findobj(Text):
        # Names come from files. No font has what steers a terminal, and the warning would print it.
        text.set_text(printable(text.get_text()))
    kind = path.suffix.lower().removeprefix(".")
    picture = io.BytesIO()
    figure.savefig(picture, format=kind, dpi=DPI, metadata=_METADATA[kind])
    write_output(path, picture.getvalue(), *_NAMED)
