"""Sweeps that differ in their seed alone are one method; and what methods are called."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from paretocli.options.declared import why_idle

Config = Mapping[str, Any]

# A repetition's own, as its seed is: networks to start or learn from, and what goes by the machine.
_REPEATED = ("frozen_point", "taught_by", "threads", "stack")

# What is not said of a method: the same for all of one problem, or no difference in method.
_UNSAID = ("seed", "objectives", "weights", "ideal", "threads", "stack", "retrain_lr")

# Of a checksum, as of `SweepConfig.digest`.
_DIGITS = 8


def group_by_method(configs: Sequence[Config]) -> list[list[int]]:
    """Group sweeps that differ in their seed alone.

    With the seed may change the point whose zero rows are kept, the teachers, the threads and the
    stack. Where a seed would come twice in a method, sweeps that differ in these are kept apart.

    Args:
        configs: The identity of each sweep, as in `sweep.json`.

    Returns:
        For each method the places of its sweeps; in the order of the configurations.
    """
    methods = [_method(config) for config in configs]
    return sorted(
        part
        for group in _grouped(range(len(configs)), methods)
        for part in _seeds_apart(group, configs)
    )


def _method(config: Config) -> Config:
    own = {key: value for key, value in config.items() if key not in ("seed", *_REPEATED)}
    return own | {key: bool(config.get(key)) for key in ("frozen_point", "taught_by")}


def _seeds_apart(group: Sequence[int], configs: Sequence[Config]) -> list[list[int]]:
    """Part a group by as few settings as it takes for no seed to come twice, or else by all."""
    parts = [list(group)]
    for count in range(len(_REPEATED) + 1):
        for keys in combinations(_REPEATED, count):
            kept = [{key: config.get(key) for key in keys} for config in configs]
            parts = _grouped(group, kept)
            if all(len({configs[place]["seed"] for place in part}) == len(part) for part in parts):
                return parts
    return parts


def _grouped(places: Iterable[int], keys: Sequence[Config]) -> list[list[int]]:
    """Group places whose keys are equal."""
    groups: dict[str, list[int]] = {}
    for place in places:
        groups.setdefault(json.dumps(keys[place], sort_keys=True), []).append(place)
    return list(groups.values())


def method_names(configs: Sequence[Config], paths: Sequence[Path]) -> list[str]:
    """Name methods by the settings in which they differ, or else by their directories.

    Args:
        configs: The identity of a sweep of each method.
        paths: Its run directory.
    """
    keys = [
        key
        for key in configs[0]
        if key not in _UNSAID and len({str(config.get(key)) for config in configs}) > 1
    ]
    keys.sort(key=lambda key: key != "transfer")
    names = [
        ", ".join(
            _words(key, config[key]) for key in keys if key in config and not why_idle(key, config)
        )
        for config in configs
    ]
    for others in ([path.resolve().name for path in paths], list(map(str, paths))):
        if len(set(names)) == len(names) and all(names):
            break
        names = others
    return names


def _concerns(key: str, config: Config) -> bool:
    return key in config and not why_idle(key, config)


def _words(key: str, value: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    if key == "taught_by":
        return "taught" if value else "untaught"
    if key == "frozen_point":
        shown = shown[:_DIGITS]
    shown = shown or "none"
    # The names of solvers speak for themselves.
    return shown if key == "solver" else f"{key.replace('_', ' ')} {shown}"
