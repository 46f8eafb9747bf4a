"""The file of a point's network, `points/<number>.safetensors`, as a whole."""

import hashlib
from pathlib import Path

from paretocli.run_directory.files import DamagedError, opened

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


def is_whole(file: Path, checksum: str | None) -> bool:
    """Whether a network's file is there as it was when its point's record was written.

    Args:
        file: The file.
        checksum: What the record says of it; None where it says nothing, as older ones.

    Raises:
        InputError: The system does not let it be read.
    """
    try:
        found = file_checksum(file)
    except (FileNotFoundError, DamagedError):
        return False
    return checksum is None or checksum == found
