"""Sweeps that differ in their seed or fold alone are one method; and what methods are called."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from paretocli.front.repetitions import FOLD, repetition_of, without_repetition
from paretocli.options.declared import why_idle

Config = Mapping[str, Any]

# A baseline of a sparse sweep, and how it is made.
PRUNED, GRADUALLY = "pruned_from", "pruned_gradually"
PRUNING = "magnitude pruning"

# What is not said of such a baseline, for it follows from the sweep.
_OF_BASELINE = (
    *("epochs", "retrain_epochs", "epsilon", "warm", "warm_epochs", "warm_retrain_epochs"),
    *("keep", "transfer"),
    *("transfer_strength", "transfer_until", "transfer_kernel", "transfer_reach"),
    *("transfer_tensors", "branch_at", "share_similarity", "relaxed"),
    "round_to",
)

# Networks to start or learn from, by their checksums, and sweeps by their digests.
_NETWORKS = ("frozen_point", "taught_by", "started_from", PRUNED)

# A repetition's own, as its seed is: these networks, what goes by the machine, and how often is
# measured what decides nothing.
_REPEATED = (*_NETWORKS, "threads", "stack", "evaluate_every")

# What is not said of a method: the same for all of one problem, or no difference in method. The
# arguments of problems are said one by one.
_UNSAID = (
    *("seed", "set", "objectives", "weights", "ideal", "retrain_lr", "held_lr"),
    *("threads", "stack", "evaluate_every"),
)

# Of a checksum, as of `SweepConfig.digest`.
_DIGITS = 8


def group_by_method(configs: Sequence[Config]) -> list[list[int]]:
    """Group sweeps that differ in their seed, or in the fold of their data, alone.

    With the seed may change the point whose zero rows are kept, the teachers, the weights that
    networks start from, the threads, the stack and how often the test split is measured. Where a
    seed would come twice in a method with
    the same fold, sweeps that differ in these are kept apart.

    Args:
        configs: The identity of each sweep, as in `sweep.json`.

    Returns:
        For each method the places of its sweeps; in the order of the configurations.
    """
    methods = [_method(config) for config in configs]
    return sorted(
        part
        for group in _grouped(range(len(configs)), methods)
        for part in _repetitions_apart(group, configs)
    )


def _method(config: Config) -> Config:
    rest = without_repetition(config)
    own = {key: value for key, value in rest.items() if key not in _REPEATED}
    return own | {key: bool(config.get(key)) for key in _NETWORKS}


def _repetitions_apart(group: Sequence[int], configs: Sequence[Config]) -> list[list[int]]:
    """Part a group by as few settings as it takes for none to come twice, or else by all."""
    parts = [list(group)]
    repetitions = [repetition_of(config) for config in configs]
    for count in range(len(_REPEATED) + 1):
        for keys in combinations(_REPEATED, count):
            kept = [{key: config.get(key) for key in keys} for config in configs]
            parts = _grouped(group, kept)
            if all(len({repetitions[place] for place in part}) == len(part) for part in parts):
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
    names = _told_apart(configs)
    for others in ([path.resolve().name for path in paths], list(map(str, paths))):
        if len(set(names)) == len(names) and all(names):
            break
        names = others
    return names


def _told_apart(configs: Sequence[Config]) -> list[str]:
    """The settings in which methods differ, in words."""
    sweeps = [config for config in configs if not config.get(PRUNED)]
    keys = [
        key
        for key in configs[0]
        if key not in (*_UNSAID, PRUNED, GRADUALLY)
        and _differ(sweeps if key in _OF_BASELINE else configs, key)
    ]
    keys.sort(key=lambda key: key != "transfer")
    arguments = _differing_arguments(configs)
    found = []
    for config in configs:
        pruned = bool(config.get(PRUNED))
        said = [key for key in keys if not (pruned and key in _OF_BASELINE)]
        words = [_words(key, config[key]) for key in said if _concerns(key, config)]
        words += [_argument_words(name, config) for name in arguments]
        if pruned:
            words.insert(0, PRUNING + (" from the next larger" if config.get(GRADUALLY) else ""))
        elif not words and len(sweeps) < len(configs):
            words = [str(config["solver"])]
        found.append(", ".join(words))
    return found


def _differ(configs: Sequence[Config], key: str) -> bool:
    return len({str(config.get(key)) for config in configs}) > 1


def _differing_arguments(configs: Sequence[Config]) -> list[str]:
    """The arguments of the problem's function in which methods differ, without the fold."""
    sets = [config.get("set") or {} for config in configs]
    names = sorted({name for found in sets for name in found} - {FOLD})
    return [name for name in names if len({json.dumps(found.get(name)) for found in sets}) > 1]


def _argument_words(name: str, config: Config) -> str:
    found = config.get("set") or {}
    return f"{name}={found[name]}" if name in found else f"{name} not set"


def _concerns(key: str, config: Config) -> bool:
    return key in config and not why_idle(key, config)


def _words(key: str, value: Any) -> str:
    entries = [f"{n}={v}" for n, v in value.items()] if isinstance(value, Mapping) else value
    shown = ", ".join(map(_entry, entries)) if isinstance(entries, list) else str(value)
    if key == "taught_by":
        return "taught" if value else "untaught"
    if key in _NETWORKS:
        shown = shown[:_DIGITS]
    shown = shown or "none"
    # The names of solvers speak for themselves.
    return shown if key == "solver" else f"{key.replace('_', ' ')} {shown}"


def _entry(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
