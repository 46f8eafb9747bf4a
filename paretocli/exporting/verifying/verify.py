"""Whether a folder is what `paretocli export` wrote: its files, and what its networks give.

The script `verify.py` of such a folder is this, with what it imports from here before it: it needs
Python alone for the files, and for the outputs numpy with onnxruntime (ONNX) or with torch and
safetensors (all else).

    python verify.py
    python verify.py --digest 0123…

The digest is what `export` said: SHA-256 of the list of checksums. Exit codes: 0 it is as it was
written, 1 it is not, 2 wrong usage or nothing that could be verified.
"""

import argparse
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paretocli.exporting.verifying.verified_files import (
    CARD,
    CHECKSUMS,
    NoExportError,
    deviation,
    listed,
    others,
    refuse_no_digest,
    refuse_no_export,
    whole_folders,
)
from paretocli.exporting.verifying.verified_outputs import Outputs, Runner

CACHE = "__pycache__"
WIDTH = 80


@dataclass(frozen=True)
class Verified:
    """What was found out about a folder.

    Attributes:
        folder: Its path.
        digest: SHA-256 of the list of checksums, empty where there is none.
        files: How many files the list has.
        deviations: What is not as it was written, a sentence each.
        differences: By file and output, the largest difference on the stored samples.
        unchecked: What could not be looked at, and why, the end of a sentence each.
        samples: How many samples are stored; 0 where outputs were not looked at.
    """

    folder: str
    digest: str
    files: int
    deviations: tuple[str, ...]
    differences: dict[str, dict[str, float]]
    unchecked: tuple[str, ...]
    samples: int

    @property
    def ok(self) -> bool:
        """Whether nothing deviates of what could be looked at."""
        return not self.deviations


def verify_folder(
    folder: Path, digest: str = "", runners: Mapping[str, Runner] | None = None
) -> Verified:
    """Compare a folder with its list of checksums, and outputs with those that are stored.

    A file that is not as it was written is not run.

    Args:
        folder: It.
        digest: What `export` said, 64 hexadecimal digits; without, the list is taken as it is.
        runners: What runs files whose endings are not known here, by name.

    Raises:
        NoExportError: There is no such folder, it was not exported or by an older version, or the
            digest is none.
    """
    refuse_no_digest(digest)
    refuse_no_export(folder)
    deviations: list[str] = []
    notes: list[str] = []
    checksums, found = listed(folder, deviations)
    known = found == digest or not digest
    if not known:
        deviations.append(f"The digest is {found or 'not known'}, where {digest} was expected.")
    sound = set()
    for name, expected in sorted(checksums.items()):
        if wrong := deviation(folder / name, expected):
            deviations.append(f"{name} {wrong}.")
        else:
            sound.add(name)
    strangers = list(others(folder, {*checksums, CHECKSUMS}))
    sound |= whole_folders(checksums, {*checksums, *strangers} - sound)
    for name in strangers:
        if CACHE in Path(name).parts and name.endswith(".pyc"):
            notes.append(f"{name}, which Python left there and is no part of the export.")
        elif checksums:
            deviations.append(f"{name} is none of the files that were written.")
    if checksums and CARD not in checksums:
        deviations.append(f"{CHECKSUMS} does not list {CARD}, as export has it do.")
    outputs = Outputs(folder, sound, runners or {})
    if CARD in sound and known:
        outputs.compare()
    elif checksums:
        notes.append("outputs, as what says how to compare them is not as it was written.")
    return Verified(
        folder=str(folder),
        digest=found,
        files=len(checksums),
        deviations=(*deviations, *outputs.deviations),
        differences=outputs.differences,
        unchecked=(*notes, *outputs.unchecked),
        samples=outputs.samples,
    )


def report_of(found: Verified) -> str:
    """What is said of a folder, in lines of 80 letters."""
    lines = []
    if found.ok:
        lines.append(f"{found.folder}: its {found.files} files are as export wrote them.")
    else:
        lines.append(f"{found.folder} does not verify:")
        lines += [_item(sentence) for sentence in found.deviations]
    for file, gaps in found.differences.items():
        listed_gaps = ", ".join(f"{name} {gap:.1e}" for name, gap in gaps.items())
        lines.append(
            _item(f"{file}: largest differences on {found.samples} samples: {listed_gaps}")
        )
    lines += [_item(f"Not looked at: {sentence}") for sentence in found.unchecked]
    if found.digest:
        lines += ["Digest:", f"  {found.digest}"]
    return "\n".join(lines)


def _item(sentence: str) -> str:
    # What comes from a file steers no terminal.
    plain = "".join(letter if letter.isprintable() else "?" for letter in sentence)
    return textwrap.fill(plain, WIDTH, initial_indent="- ", subsequent_indent="  ")


def main() -> int:
    """Verify the folder of this script."""
    here = Path(__file__).resolve().parent
    # Nothing that lies here is taken for a package.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
    parser = argparse.ArgumentParser(description="Verify the folder that this script lies in.")
    parser.add_argument("--digest", default="", metavar="HEX", help="What export said.")
    try:
        found = verify_folder(here, parser.parse_args().digest)
    except NoExportError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    print(report_of(found))
    return 0 if found.ok else 1


if __name__ == "__main__":
    sys.exit(main())
