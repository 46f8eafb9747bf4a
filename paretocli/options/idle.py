"""Options that were given and do nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from paretocli.options.config import SweepConfig
from paretocli.options.declared import declared, why_idle


def notes_on_idle(options: Mapping[str, Any], config: SweepConfig) -> list[str]:
    """A sentence for each reason why options that a user gave have no effect.

    Args:
        options: What the user said, by option name.
        config: What came of it.
    """
    identity = config.of_kind("identity")
    idle: dict[str, list[str]] = {}
    for name in _in_order(options):
        # A switch that was put off has what it asked for.
        reason = "" if options[name] is False else why_idle(name, identity)
        if reason:
            idle.setdefault(reason, []).append(declared()[name].flag)
    return [f"No effect {reason}: {', '.join(flags)}." for reason, flags in idle.items()]


def _in_order(options: Iterable[str]) -> list[str]:
    given = set(options)
    return [name for name in declared() if name in given]
