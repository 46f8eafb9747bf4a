"""Files that a command was asked to write: refused early, and written whole or not at all."""

from pathlib import Path

from paretocli.atomic import check_writable, write_bytes
from paretocli.errors import InputError


def check_output(path: Path, what: str, option: str) -> None:
    """Make sure that a file can be written at `path`, before any work is done for it.

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
        raise _unwritable(path, what, option, error) from None


def write_output(path: Path, content: bytes, what: str, option: str) -> None:
    """Write a file; `what` and `option` are as in `check_output`.

    Raises:
        InputError: it cannot be written.
    """
    try:
        write_bytes(path, content)
    except OSError as error:
        raise _unwritable(path, what, option, error) from None


def _unwritable(path: Path, what: str, option: str, error: OSError) -> InputError:
    return InputError(
        f"{what} {path} cannot be written ({error.strerror}); make its folder writable, or choose "
        f"another place with {option}."
    )
