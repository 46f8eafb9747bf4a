"""What sweeps of one method are repeated over: seeds, and folds of the data."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

FOLD = "fold"
"""The argument of a problem, as `--set fold=1` gives it, that says which part is held out."""


class Repetition(NamedTuple):
    """Which repetition a sweep is.

    Attributes:
        seed: Its seed.
        fold: Its fold, None where it has none.
    """

    seed: int
    fold: Any

    @property
    def place(self) -> tuple[Any, ...]:
        """What repetitions are sorted by: folds may be numbers, texts or missing."""
        is_text = isinstance(self.fold, str)
        return (self.seed, self.fold is not None, is_text, 0 if self.fold is None else self.fold)

    @property
    def bare(self) -> str:
        """After the word "seed" in a sentence: "0", or "0, fold 2"."""
        return f"{self.seed}" + ("" if self.fold is None else f", fold {self.fold}")


def repetition_of(config: Mapping[str, Any]) -> Repetition:
    """Which repetition the sweep of an identity is."""
    return Repetition(int(config["seed"]), _set(config).get(FOLD))


def without_repetition(config: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a sweep without its seed and fold."""
    rest = {name: value for name, value in config.items() if name not in ("seed", "set")}
    return rest | {"set": {n: v for n, v in _set(config).items() if n != FOLD}}


def repeated_over(groups: Iterable[Iterable[Repetition]]) -> str:
    """What a group's sweeps differ in: "seeds", "folds", or both, which makes "sweeps" of them."""
    kept = [list(group) for group in groups]
    seeds, folds = (
        any(len({one[place] for one in group}) > 1 for group in kept) for place in (0, 1)
    )
    return "sweeps" if seeds and folds else "folds" if folds else "seeds"


def share_data(groups: Iterable[Repetition]) -> bool:
    """Whether repetitions are over several folds, whose training data overlap."""
    return len({one.fold for one in groups}) > 1


def _set(config: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = config.get("set") or {}
    return found
