"""The notes of a run directory."""

import json
from pathlib import Path
from typing import Any

from paretocli.errors import InputError


def read_note(file: Path) -> dict[str, Any]:
    """Read `sweep.json` or another JSON object of a run directory.

    Raises:
        InputError: It is not there, or no JSON object.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{file.parent} holds no {file.name}; give the run directory of a sweep."
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"{file} cannot be read ({error}); give the run directory of a sweep."
        ) from None
    if not isinstance(content, dict):
        raise InputError(f"{file} is no JSON object; give the run directory of a sweep.")
    return content
