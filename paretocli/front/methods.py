"""Sweeps that differ in their seed alone are one method; and what methods are called."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Config = Mapping[str, Any]

# A point to start from is a repetition's own, as its seed is.
_REPEATED = ("seed", "frozen_point")

# What is not said of a method: the same for all of one problem, or no difference in method.
_UNSAID = ("seed", "objectives", "weights", "ideal", "threads", "stack", "retrain_lr")

# Settings that some values of another one alone take heed of.
_CONCERNS = {
    "penalty": ("solver", ("chebyshev",)),
    "averaging": ("solver", ("chebyshev",)),
    "smoothing": ("solver", ("stch",)),
    "transfer_strength": ("transfer", ("neighbours", "adaptive")),
    "transfer_until": ("transfer", ("neighbours", "adaptive")),
    "transfer_tensors": ("transfer", ("neighbours", "adaptive")),
    "transfer_kernel": ("transfer", ("neighbours",)),
    "transfer_reach": ("transfer", ("neighbours",)),
    "branch_at": ("transfer", ("split",)),
}


def group_by_method(configs: Sequence[Config]) -> list[list[int]]:
    """Group sweeps that differ in their seed alone.

    Args:
        configs: The identity of each sweep, as in `sweep.json`.

    Returns:
        For each method the places of its sweeps; in the order of the configurations.
    """
    groups: dict[str, list[int]] = {}
    for place, config in enumerate(configs):
        method = {key: value for key, value in config.items() if key not in _REPEATED}
        groups.setdefault(json.dumps(method, sort_keys=True), []).append(place)
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
        ", ".join(_words(key, config[key]) for key in keys if _concerns(key, config))
        for config in configs
    ]
    for others in ([path.resolve().name for path in paths], list(map(str, paths))):
        if len(set(names)) == len(names) and all(names):
            break
        names = others
    return names


def _concerns(key: str, config: Config) -> bool:
    if key not in config:
        return False
    other, values = _CONCERNS.get(key, ("", ()))
    return not other or config.get(other) in values


def _words(key: str, value: Any) -> str:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    # The names of solvers speak for themselves.
    return shown if key == "solver" else f"{key.replace('_', ' ')} {shown}"
