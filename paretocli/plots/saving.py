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
    check_folder(path, "Picture", "--out")


def check_folder(path: Path, what: str, option: str) -> None:
    """Make sure that a file can be written at `path`.

    Args:
        path: the file.
        what: what it is, for the error: "Picture".
        option: the option that names it.

    Raises:
        InputError: it is a folder, or its own folder is missing or cannot be written to.
    """
    if path.is_dir():
        raise InputError(f"{what} {path} is a folder; give the name of a file with {option}.")
    try:
        check_writable(path.parent)
    except OSError as error:
        raise unwritable(path, what, option, error) from None


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
        raise unwritable(path, "Picture", "--out", error) from None


def unwritable(path: Path, what: str, option: str, error: OSError) -> InputError:
    """Say why a file cannot be written, and by which option to choose another place."""
    return InputError(
        f"{what} {path} cannot be written ({error.strerror}); make its folder writable, or choose "
        f"another place with {option}."
    )
