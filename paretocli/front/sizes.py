"""The size of a point's network: that of the one that is shipped, where the table knows it."""

import pandas as pd

SIZE = "size"
"""What users call the column of sizes, whichever it is."""

COMPACT = ("compact_parameters", "compact_macs")
KEPT = "parameters_kept"
LATENCY = "latency_ms"

SHRUNK_FROM = "shrunk_from"
"""The size at the end of the search, of networks that were then held to one at most."""

PRUNED_TO = "pruned_to"
"""The size that pruned networks were to have at most; a column of baselines alone."""


def size_column(*frames: pd.DataFrame) -> str:
    """The column that says how small networks are.

    `compact_parameters`, unless a table does not have it, as those of older programs, or has
    nothing in it; then `parameters_kept`, which counts what fed zero rows too.

    Args:
        frames: Rows of points, of one table or of several that are compared.
    """
    return COMPACT[0] if all(_is_known(frame, COMPACT[0]) for frame in frames) else KEPT


def meant(name: str, *frames: pd.DataFrame) -> str:
    """The column that a name means in some tables: itself, but for `size`."""
    if name != SIZE or any(SIZE in frame.columns for frame in frames):
        return name
    return size_column(*frames)


def shown_sizes(frame: pd.DataFrame) -> list[str]:
    """The columns of sizes that a table of points has room for, as far as they are known.

    What was measured says more of how fast a network is than its operations, and takes their place.
    """
    speed = LATENCY if _is_known(frame, LATENCY) else COMPACT[1]
    named = ("sparsity_rate", size_column(frame), speed)
    return [name for name in named if _is_known(frame, name)]


def _is_known(frame: pd.DataFrame, column: str) -> bool:
    return column in frame.columns and bool(frame[column].notna().any())
