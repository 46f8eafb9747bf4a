"""Whether further points are still to come, `growing.json`: it is there until all are planned."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypedDict, cast

from paretocli.run_directory import forms
from paretocli.run_directory.files import DamagedError, read_object

GROWING = "growing"


class Growing(TypedDict):
    """What the file holds.

    Attributes:
        points: How many points there are to be at most, None where nobody knows.
    """

    points: Annotated[int | None, forms.or_null(forms.whole(1))]


def growing_path(directory: Path) -> Path:
    """The file."""
    return directory / f"{GROWING}.json"


def read_growing(directory: Path) -> Growing | None:
    """What it says, None where no more points are to come, or where it is damaged.

    Raises:
        InputError: The system does not let it be read.
    """
    with suppress(DamagedError):
        return cast(Growing | None, read_object(growing_path(directory), forms.form_of(Growing)))
    return None
