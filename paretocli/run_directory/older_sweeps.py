"""Run directories of earlier versions: what their sweeps meant where a setting had no name yet."""

from collections.abc import Mapping
from typing import Any

MEANT_BEFORE: Mapping[str, Any] = {"sparsity_of": "own"}
"""Identity fields that came after 0.1.0, each with the value that every sweep had before.

As it stands in `sweep.json`: a list in place of a tuple. A field that changed what sweeps give when
it came has no place here: without it, a directory is one of another sweep.
"""


def as_meant(config: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a sweep with the settings that were not named when it was written.

    Args:
        config: The identity, as `sweep.json` holds it.
    """
    return {**MEANT_BEFORE, **config}


def as_named_before(config: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a sweep without the settings that change nothing of what was meant before.

    Args:
        config: The identity, as `sweep.json` holds it.
    """
    return {k: v for k, v in config.items() if k not in MEANT_BEFORE or v != MEANT_BEFORE[k]}
