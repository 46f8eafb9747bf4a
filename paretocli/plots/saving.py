"""Write a picture whole, or not at all."""

import io
from pathlib import Path

from matplotlib.figure import Figure

from paretocli.atomic import check_writable, write_bytes
from paretocli.errors import InputError

FORMATS = ("png", "svg", "pdf")

DPI = 150
"""Dots per inch of a PNG: wide enough for a README on a sharp screen."""

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
    if path.is_dir():
        raise InputError(f"Picture {path} is a folder; give the name of a file with --out.")
    try:
        check_writable(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None


def save(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the file's suffix names.

    Raises:
        InputError: the file cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    picture = io.BytesIO()
    figure.savefig(picture, format=kind, dpi=DPI, metadata=_METADATA[kind])
    try:
        write_bytes(path, picture.getvalue())
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Picture {path} cannot be written ({error.strerror}); make its folder writable, or choose "
        f"another place with --out."
    )
