"""What a picture of converging hypervolumes shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError
from paretocli.front.history import Box, History

Array = npt.NDArray[np.float64]

TARGET = 0.99
"""Share of the first input's best hypervolume whose cost is reported."""

# What is not said of an input: the same for all of one problem, or no difference in method.
_UNSAID = ("seed", "objectives", "weights", "ideal", "threads", "stack", "retrain_lr")

# What is said of some rules of transfer alone.
_CONCERNS = {
    "transfer_strength": ("neighbours", "adaptive"),
    "transfer_until": ("neighbours", "adaptive"),
    "transfer_tensors": ("neighbours", "adaptive"),
    "transfer_kernel": ("neighbours",),
    "transfer_reach": ("neighbours",),
    "branch_at": ("split",),
}


@dataclass(frozen=True, eq=False)
class Statistics:
    """A figure over the seeds; `count` of them have it."""

    mean: float
    std: float
    count: int


@dataclass(frozen=True, eq=False)
class Converging:
    """One way of making a front, over its seeds.

    Attributes:
        name: What the legend calls it.
        seeds: Of the sweeps that it is made of.
        subproblem_epochs: (E,), the mean over the seeds, as all of these.
        seconds: (E,).
        mean: Hypervolume (E,).
        std: Its standard deviation over the seeds (E,), 0 for a single one.
        best: The best hypervolume of the validation losses.
        test_at_best: The hypervolume of the test losses in that epoch.
        cost: Subproblem-epochs to the target, of the seeds that reach it.
    """

    name: str
    seeds: tuple[int, ...]
    subproblem_epochs: Array
    seconds: Array
    mean: Array
    std: Array
    best: Statistics
    test_at_best: Statistics
    cost: Statistics


@dataclass(frozen=True, eq=False)
class HistoryData:
    """A whole picture; all hypervolumes are shares of one box."""

    curves: tuple[Converging, ...]
    box: Box
    exact: bool
    split: str
    title: str


def gather_histories(
    histories: Sequence[History], split: str, *, exact_objectives: int, title: str | None = None
) -> HistoryData:
    """Group sweeps that differ in their seed alone, and measure all in the box of the first.

    The target is 99 % of the best validation hypervolume of the first group, seed by seed where
    the seeds are the same.

    Raises:
        InputError: The sweeps have different objectives or data.
    """
    first = histories[0]
    for other in histories[1:]:
        if other.config["objectives"] != first.config["objectives"]:
            raise InputError(
                f"{other.path} has the objectives {', '.join(other.config['objectives'])}, but "
                f"{first.path} has {', '.join(first.config['objectives'])}; hypervolumes of "
                "different objectives cannot be compared."
            )
        if other.config["problem"] != first.config["problem"]:
            raise InputError(
                f"{other.path} is of the problem {other.config['problem']}, but {first.path} of "
                f"{first.config['problem']}; draw one problem at a time."
            )
    groups: dict[str, list[History]] = {}
    for history in histories:
        groups.setdefault(_method(history.config), []).append(history)
    members = list(groups.values())
    targets = {
        history.config["seed"]: TARGET * float(history.hypervolume("val", first.box).max())
        for history in members[0]
    }
    names = _names([group[0] for group in members])
    curves = tuple(
        _converging(name, group, split, first.box, targets)
        for name, group in zip(names, members, strict=True)
    )
    words = {"val": "validation", "test": "test"}[split]
    return HistoryData(
        curves,
        first.box,
        exact=len(first.config["objectives"]) <= exact_objectives,
        split=split,
        title=title or f"{first.config['problem']}, {words} split",
    )


def _converging(
    name: str, group: Sequence[History], split: str, box: Box, targets: dict[int, float]
) -> Converging:
    epochs = min(len(history.seconds) for history in group)
    drawn = np.stack([history.hypervolume(split, box)[:epochs] for history in group])
    val = [history.hypervolume("val", box) for history in group]
    test = [history.hypervolume("test", box) for history in group]
    fallback = float(np.mean(list(targets.values())))
    costs = []
    for history, values in zip(group, val, strict=True):
        reached = values >= targets.get(history.config["seed"], fallback)
        if reached.any():
            costs.append(float(history.subproblem_epochs[int(reached.argmax())]))
    return Converging(
        name=name,
        seeds=tuple(sorted(history.config["seed"] for history in group)),
        subproblem_epochs=np.mean([h.subproblem_epochs[:epochs] for h in group], axis=0),
        seconds=np.mean([h.seconds[:epochs] for h in group], axis=0),
        mean=drawn.mean(axis=0),
        std=_std(drawn),
        best=_statistics([float(values.max()) for values in val]),
        test_at_best=_statistics(
            [float(t[int(v.argmax())]) for v, t in zip(val, test, strict=True)]
        ),
        cost=_statistics(costs),
    )


def _statistics(values: Sequence[float]) -> Statistics:
    if not values:
        return Statistics(float("nan"), float("nan"), 0)
    table = np.array(values)
    return Statistics(float(table.mean()), float(_std(table[:, None])[0]), len(values))


def _std(values: Array) -> Array:
    """The standard deviation of a sample (S, E) over its first axis (E,)."""
    if len(values) == 1:
        return np.zeros(values.shape[1])
    spread: Array = values.std(axis=0, ddof=1)
    return spread


def _method(config: dict[str, Any]) -> str:
    """What tells sweeps apart that are no repetitions of each other."""
    return str({key: value for key, value in config.items() if key not in ("seed", "frozen_point")})


def _names(firsts: Sequence[History]) -> list[str]:
    """Name each group by the settings in which they differ, or by its directory."""
    configs = [history.config for history in firsts]
    keys = [
        key
        for key in configs[0]
        if key not in _UNSAID and len({str(config.get(key)) for config in configs}) > 1
    ]
    if "transfer" in keys:
        keys = ["transfer", *(key for key in keys if key != "transfer")]
    names = [
        ", ".join(
            f"{key.replace('_', ' ')} {_shown(config.get(key))}"
            for key in keys
            if key not in _CONCERNS or config.get("transfer") in _CONCERNS[key]
        )
        for config in configs
    ]
    if len(set(names)) < len(names) or not all(names):
        names = [history.path.resolve().name for history in firsts]
    return names


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
