"""Whether the files of an exported folder are as they were written, by a list of checksums."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

CHECKSUMS, CARD, REPORT = "checksums.json", "card.json", "export.json"
FORMAT = 1
BLOCK = 2**20  # bytes that are read at once


class NoExportError(ValueError):
    """A folder, or a digest, is none that could be verified; the message is a sentence."""


def digest_of(content: bytes) -> str:
    """SHA-256 as hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def checksum_of(file: Path) -> str:
    """The same of the content of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def list_of(checksums: Mapping[str, str]) -> bytes:
    """The list of checksums as it is written; any other text is none."""
    content = {"files": dict(checksums), "format": FORMAT}
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def refuse_no_digest(digest: str) -> None:
    """Refuse what is no digest.

    Raises:
        NoExportError: It is none.
    """
    if digest and (len(digest) != 64 or set(digest) - set("0123456789abcdef")):
        raise NoExportError(
            f"The digest should be the 64 hexadecimal digits that export said, found {digest!r}."
        )


def refuse_no_export(folder: Path) -> None:
    """Refuse a folder that was not exported, or by a version that left nothing to verify it by.

    Raises:
        NoExportError: It was not.
    """
    if not folder.is_dir():
        raise NoExportError(f"There is no folder {folder}; name one that export wrote.")
    if (folder / CHECKSUMS).exists() or (folder / CARD).exists():
        return
    if (folder / REPORT).is_file():
        raise NoExportError(
            f"{folder} has no {CHECKSUMS} and no {CARD}, as folders of older versions; export the "
            "point again to have something to verify it by."
        )
    raise NoExportError(f"{folder} holds no {CHECKSUMS}; name a folder that export wrote.")


def listed(folder: Path, deviations: list[str]) -> tuple[dict[str, str], str]:
    """The checksums by file, none where the list is no list, and its digest.

    Args:
        folder: The folder.
        deviations: Takes what is wrong with the list, a sentence each.
    """
    try:
        content = (folder / CHECKSUMS).read_bytes()
    except FileNotFoundError:
        deviations.append(f"{CHECKSUMS} is missing.")
        return {}, ""
    except OSError as error:
        deviations.append(f"{CHECKSUMS} cannot be read ({error.strerror}).")
        return {}, ""
    try:
        files = json.loads(content)["files"]
        if list_of(files) == content and all(map(_is_entry, files.items())):
            return dict(files), digest_of(content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    deviations.append(f"{CHECKSUMS} is not as export writes it, so that no file can be checked.")
    return {}, digest_of(content)


def whole_folders(names: Iterable[str], wrong: Iterable[str]) -> set[str]:
    """The folders in which there are files, and none that is wrong.

    Args:
        names: Of all files, from the folder that is verified.
        wrong: Those that are not as they were written, or were not written.
    """
    broken = {str(folder) for name in wrong for folder in PurePosixPath(name).parents}
    return {str(folder) for name in names for folder in PurePosixPath(name).parents} - broken


def _is_entry(entry: tuple[Any, Any]) -> bool:
    """Whether it is a file below the folder, with a text."""
    name, checksum = entry
    parts = name.split("/")
    return isinstance(checksum, str) and not {"", ".", ".."} & {*parts} and "\\" not in name


def deviation(path: Path, expected: str) -> str:
    """What is wrong with a file, the end of a sentence; empty where it is as it was."""
    try:
        if not path.exists():
            return "is missing"
        if not path.is_file():
            return "is no file"
        found = checksum_of(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if found == expected else f"has another checksum than {CHECKSUMS} says"


def others(folder: Path, known: set[str]) -> Iterator[str]:
    """Files that are not known, by their paths from the folder, in order."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in known and (path.is_symlink() or not path.is_dir()):
            yield name
