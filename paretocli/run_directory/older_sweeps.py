"""Run directories of earlier versions: what their sweeps meant where a setting had no name yet."""

from collections.abc import Mapping
from typing import Any

from paretocli.options.declared import meant_before


def as_meant(config: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a sweep with the settings that were not named when it was written.

    Args:
        config: The identity, as `sweep.json` holds it.
    """
    return {**meant_before(), **config}


def as_named_before(config: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a sweep without the settings that change nothing of what was meant before.

    Args:
        config: The identity, as `sweep.json` holds it.
    """
    before = meant_before()
    return {k: v for k, v in config.items() if k not in before or v != before[k]}
