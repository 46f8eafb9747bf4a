"""Whether a run directory is that of the sweep that is to go on in it."""

import json
from collections.abc import Mapping
from typing import Any

from paretocli.errors import InputError
from paretocli.options.declared import meant_before
from paretocli.run_directory.sweep_file import SweepFile

# Fields that are the checksum of what a user names, by the flag that names it.
_OF_FILES = {
    "frozen_point": "--freeze-sparsity",
    "taught_by": "--teachers",
    "started_from": "--start-from",
}


def refuse_another(
    found: SweepFile, identity: Mapping[str, Any], checksums: Mapping[str, str]
) -> None:
    """Refuse a directory for another sweep than its own.

    Args:
        found: What the directory says.
        identity: What is asked for.
        checksums: Of its data.

    Raises:
        InputError: The directory belongs to another sweep (the message names the field that
            differs), or was made from other data.
    """
    stored = found.config
    # Of a baseline all sorts of things differ, and that it is one says why.
    for name in sorted(identity, key=lambda name: name != "pruned_from"):
        if stored.get(name) != identity[name]:
            raise InputError(
                f"{found.path} holds another sweep: "
                f"{_differing(name, stored.get(name), identity[name])}; name another directory "
                "with --out, or ask for the same."
            )
    if unknown := sorted(stored.keys() - identity.keys() - meant_before().keys()):
        raise InputError(
            f"{found.path} holds a sweep with the setting {_short(unknown[0])}, which this "
            "version of the program does not know; go on with the version that began it, or "
            "name another directory with --out."
        )
    for part, checksum in checksums.items():
        if found.checksums.get(part) != checksum:
            raise InputError(
                f"{found.path} was made from other data: the checksum of the {part} "
                f"{'code' if part == 'source' else 'split'} differs; name another directory "
                "with --out."
            )


def _differing(name: str, stored: Any, asked: Any) -> str:
    """How a field differs, as part of a sentence."""
    if name == "pruned_from":
        begun, now = (f"the baseline {one}" if one else "no baseline" for one in (stored, asked))
        return f"it holds {begun} by paretocli prune, asked for is {now}"
    if name == "pruned_gradually":
        begun, now = ("larger" if value else "dense" for value in (stored, asked))
        return f"it was begun with --from {begun}, asked for is --from {now}"
    if name not in _OF_FILES:
        words = name.replace("_", "-")
        return f"its {words} is {_short(stored)}, asked for is {_short(asked)}"
    flag = _OF_FILES[name]
    if not stored:
        return f"it was begun without {flag}"
    return f"it was begun with {flag}{' of other content' if asked else ', and none is given now'}"


def _short(value: Any) -> str:
    """A value as JSON, as far as there is room for it in a sentence."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
