"""Files that are either whole or not there."""

import os
import tempfile
from pathlib import Path

TEMPORARY = ".unfinished-"


def check_writable(folder: Path) -> None:
    """Try whether files can be written into a folder, and leave none.

    Raises:
        OSError: They cannot, or there is no such folder.
    """
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole: a temporary file beside it, flushed to disk, then renamed."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files that nobody else may read; give them the usual rights.
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path, content: str) -> None:
    """Write a text file whole, in UTF-8."""
    write_bytes(path, content.encode())
