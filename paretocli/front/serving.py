"""Which network of a set serves which task: the one with the least validation loss of it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from paretocli.front.columns import SERVES

Array = npt.NDArray[np.float64]


def served_by(losses: Array) -> npt.NDArray[np.intp]:
    """The place of the network that serves each task (m,), of equals the first.

    Args:
        losses: On the validation data (K, m), finite.
    """
    found: npt.NDArray[np.intp] = np.asarray(losses).argmin(axis=0)
    return found


def serving(losses: Array, names: Sequence[str]) -> list[str]:
    """The tasks that each network serves (K,), as text, empty where it is best at none.

    Args:
        losses: On the validation data (K, m), finite.
        names: Of the tasks.
    """
    best = served_by(losses)
    return [
        ", ".join(name for name, place in zip(names, best, strict=True) if place == row)
        for row in range(len(losses))
    ]


def mean_of_served(frame: pd.DataFrame, names: Sequence[str], split: str) -> float | None:
    """The mean over tasks of the loss of the network that serves each, on a split.

    None where the table says of no set which network serves which task, or lacks a loss.

    Args:
        frame: `results.csv`, one row a network.
        names: Of the tasks.
        split: Of the losses; who serves what is decided on the validation data.
    """
    if SERVES not in frame.columns or not frame[SERVES].notna().any():
        return None
    decides, shown = (
        frame[[f"loss_{name}_{of}" for name in names]].to_numpy(dtype=np.float64)
        for of in ("val", split)
    )
    if not (np.isfinite(decides).all() and np.isfinite(shown).all()):
        return None
    return float(shown[served_by(decides), np.arange(len(names))].mean())
