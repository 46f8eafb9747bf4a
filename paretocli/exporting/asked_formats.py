"""The formats that somebody asks for, and whether they can be written here."""

from collections.abc import Sequence

from paretocli.errors import InputError
from paretocli.exporting.formats import FORMATS
from paretocli.exporting.runtimes.converting import unheard
from paretocli.extras import require
from paretocli.registries import lookup


def require_format(name: str) -> None:
    """Refuse a format that does not exist, or whose packages are not installed.

    Raises:
        InputError: It is so.
    """
    form = lookup(FORMATS, name, "format")
    with unheard():  # some say much when they are imported
        for module in form.needs:
            require(module, extra=form.extra, asked=f"--format {name}")


def asked_formats(asked: str | Sequence[str], *, some: bool = False) -> list[str]:
    """The formats that a user names.

    Args:
        asked: Several, or a text with commas between them, or `none`.
        some: Whether there has to be one.

    Raises:
        InputError: There is no such format, its packages are missing, or none is named.
    """
    if isinstance(asked, str):
        asked = [] if asked == "none" else [name.strip() for name in asked.split(",")]
    if some and not asked:
        raise InputError(
            "A front is written in some format, for it has no Python module; choose some of "
            f"{', '.join(FORMATS)} with --format."
        )
    for name in asked:
        if some and lookup(FORMATS, name, "format").lossy:
            raise InputError(
                f"--format {name} stores fewer bits, which --front does not; choose another format."
            )
        if some and not FORMATS[name].whole:
            raise InputError(
                f"--format {name} takes batches of samples alone, and --front has the weights as "
                "an input; choose another format."
            )
        require_format(name)
    return list(asked)
