"""The file of a point's network, `points/<number>.safetensors`, as a whole."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paretocli.run_directory.files import DamagedError, opened
from paretocli.run_directory.points import CHECKSUM

MOST_BYTES = 2**40


def file_checksum(file: Path) -> str:
    """SHA-256 of a file's content.

    Raises:
        FileNotFoundError: There is none.
        DamagedError: It is no regular file.
        InputError: The system does not let it be read.
    """
    with opened(file, MOST_BYTES) as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def is_whole(file: Path, record: Mapping[str, Any]) -> bool:
    """Whether a network's file is there as it was when its point's record was written.

    Args:
        file: The file.
        record: Of the point.

    Raises:
        InputError: The system does not let it be read.
    """
    try:
        found = file_checksum(file)
    except (FileNotFoundError, DamagedError):
        return False
    return bool(record.get(CHECKSUM, found) == found)
