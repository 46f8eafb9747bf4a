"""Downloads through torchvision."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from paretocli.errors import InputError


def download(dataset: Callable[..., Any], name: str, data_dir: Path, *, otherwise: str) -> None:
    """Have torchvision download a data set into `data_dir`.

    Args:
        dataset: Torchvision's class of the data set.
        name: Name of the data set, for the error.
        data_dir: The folder that torchvision calls root.
        otherwise: What the user can do where there is no download.

    Raises:
        InputError: It could not be downloaded.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        # Whatever torchvision says of its download is progress, and stdout is for data.
        with redirect_stdout(sys.stderr):
            dataset(str(data_dir), download=True)
    except (OSError, RuntimeError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"{name} is not in {data_dir} and could not be downloaded ({reason[-1]}); {otherwise}."
        ) from None
