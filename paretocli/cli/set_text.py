"""Which network of a set serves which task, in words."""

from collections.abc import Sequence

import pandas as pd

from paretocli.front.columns import SERVES
from paretocli.front.results import Results
from paretocli.front.serving import mean_of_served


def serves_text(results: Results, row: int) -> list[str]:
    """What a chosen network is for, where it is one of a set."""
    if SERVES not in results.frame.columns or results.frame[SERVES].isna().all():
        return []
    tasks = results.frame[SERVES].iloc[row]
    if pd.isna(tasks):
        return ["It serves no task: another network of its set is better at each on val."]
    return [f"It serves {tasks}: of its set it is the best at these on val."]


def set_text(frame: pd.DataFrame, tasks: Sequence[str]) -> list[str]:
    """Of a set that is whole, which network serves which task, and how well they do together.

    Args:
        frame: `results.csv`.
        tasks: Their names.
    """
    served, apart = (mean_of_served(frame, tasks, split) for split in ("val", "test"))
    if served is None or apart is None:
        return []
    lines = [
        f"Point {row['point']} serves {'no task' if pd.isna(row[SERVES]) else row[SERVES]}."
        for _, row in frame.iterrows()
    ]
    return [
        "",
        *lines,
        f"Mean loss over the tasks, each by the network that serves it: {served:.4g} on val, "
        f"{apart:.4g} on test.",
    ]
