"""The file of a point's network, `points/<number>.safetensors`, as a whole."""

import hashlib
from pathlib import Path

from paretocli.run_directory.files import DamagedError, opened
from paretocli.run_directory.point_record import PointRecord
from paretocli.run_directory.points import network_path

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


def checkpoint_of(directory: Path, record: PointRecord) -> str:
    """SHA-256 of the file of a point's network; empty where it has none.

    As its record says, or of the file itself where the record is too old to say it.

    Raises:
        InputError: The system does not let it be read.
    """
    if record["status"] != "done":
        return ""
    if (known := record.get("weights_sha256")) is not None:
        return known
    try:
        return file_checksum(network_path(directory, record["point"]))
    except (FileNotFoundError, DamagedError):
        return ""
