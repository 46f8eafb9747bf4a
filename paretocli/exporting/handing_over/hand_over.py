"""What goes into a folder beside the network: its card, stored samples, checksums and a script."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor

from paretocli.atomic import write_bytes, write_text
from paretocli.core.as_used import AsUsed
from paretocli.exporting.formats import EXACT, FORMATS, OTHER_KERNELS
from paretocli.exporting.handing_over.card import Form, Taken, card_of, verification_of
from paretocli.exporting.handing_over.card_text import card_text
from paretocli.exporting.handing_over.each_sample import Function
from paretocli.exporting.handing_over.stored_samples import SAMPLES, write_samples
from paretocli.exporting.plain import PLAIN, WEIGHTS, read_plain
from paretocli.exporting.point import SolvedPoint
from paretocli.exporting.verifying.verified_files import (
    CARD,
    CHECKSUMS,
    checksum_of,
    digest_of,
    list_of,
)
from paretocli.exporting.verifying.verified_outputs import OUTPUT
from paretocli.exporting.verifying.verify_script import SCRIPT, script

if TYPE_CHECKING:
    from paretocli.exporting.export import Exported

PAGE = "card.md"
KERNELS = 2  # times what two kernels differ by
PART = 0.1  # of the largest difference from single precision

_FILES = {
    PAGE: "this page",
    CARD: "the same and more for programs",
    SAMPLES: "test samples with the outputs that the network's forms are to give",
    SCRIPT: "verifies the folder",
    CHECKSUMS: "SHA-256 of all files but itself",
}


def handed_over(samples: int) -> tuple[str, ...]:
    """The files that are written, with so many samples at most."""
    return tuple(name for name in _FILES if samples or name != SAMPLES)


def hand_over(taken: Taken, folder: Path, forms: Mapping[str, Form]) -> str:
    """Write all of it into the folder of a network, as the last of its files.

    Args:
        taken: The network.
        folder: Where its other files lie.
        forms: What is to give the same outputs as the network that was trained, by file.

    Returns:
        The digest of the checksums.
    """
    functions = {OUTPUT: taken.dense} | {stored_as(f): one for f, one in taken.right.items()}
    rows = write_samples(taken.solved.problem, functions, folder, taken.samples)
    card, rates = card_of(taken)
    card |= {"verification": verification_of(taken, SAMPLES, rows, forms)}
    write_text(folder / CARD, json.dumps(_finite(card), indent=2, allow_nan=False) + "\n")
    beside = {name: _FILES[name] for name in handed_over(taken.samples)}
    write_text(folder / PAGE, card_text(card, rates, beside))
    write_text(folder / SCRIPT, script())
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = list_of({file.relative_to(folder).as_posix(): checksum_of(file) for file in files})
    write_bytes(folder / CHECKSUMS, content)
    return digest_of(content)


def taken_of(
    solved: SolvedPoint,
    found: "Exported",
    batch: Mapping[str, Tensor],
    formats: Sequence[str],
    folder: Path,
    out: Path,
    samples: int,
    right: Mapping[str, Function],
) -> Taken:
    """What the card is made of.

    Args:
        solved: The point.
        found: What was written of its network, and measured.
        batch: Some raw inputs (B, …), by the names of the network's arguments.
        formats: That it was written in, beside the Python module.
        folder: Where it lies now.
        out: Where it is to lie.
        samples: How many test samples are to be stored at most.
        right: As `Taken` has it.
    """
    sides = {"before": asdict(found.before), "after": asdict(found.after)}
    return Taken(
        solved=solved,
        dense=AsUsed(solved.problem, solved.network).eval(),
        small=read_plain(folder),
        batch=batch,
        formats=formats,
        measured=found.after.metrics,
        unread=found.unread,
        sizes={**sides, "uncounted": found.uncounted},
        threads=found.threads,
        out=out,
        samples=samples,
        lossy={name: asdict(one) for name, one in found.lossy.items()},
        not_run=[one.sentence for one in found.not_run.values()],
        right=right,
    )


def forms_of(found: "Exported", formats: Sequence[str]) -> dict[str, Form]:
    """The files that give outputs, with how far these may be from those of the dense network.

    Args:
        found: What was written.
        formats: In which formats, beside the Python module.
    """
    largest = {name: max(1.0, top) for name, top in found.largest_outputs.items()}
    forms = {PLAIN: Form("", (WEIGHTS,), {name: EXACT * top for name, top in largest.items()})}
    for form in (name for name in formats if not FORMATS[name].lossy):
        file, *others = FORMATS[form].files
        allowed = {name: FORMATS[form].tolerance * top for name, top in largest.items()}
        forms[file] = Form(form, tuple(others), allowed)
    for form, lossy in found.lossy.items():
        # How much two ways to compute it differ on the whole test data says how much others may; on
        # few samples these may not differ, so a part of what rounding cost is allowed as well.
        allowed = {
            name: max(KERNELS * lossy.agreement[name], lossy.differences[name] * PART)
            + OTHER_KERNELS * top
            for name, top in largest.items()
        }
        forms[lossy.file] = Form(form, (), allowed, stored_as(lossy.file))
    return forms


def stored_as(file: str) -> str:
    """What the outputs that a file in fewer bits is to give are called."""
    return f"{file}:{OUTPUT}"


def _finite(value: Any) -> Any:
    """The same without numbers that JSON does not have: None stands for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
