"""Columns of points as axes on which distances mean something."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError

Array = npt.NDArray[np.float64]


def normalised(
    values: npt.ArrayLike,
    *,
    maximise: bool | Sequence[bool] = False,
    logarithmic: bool | Sequence[bool] = False,
    front: npt.ArrayLike | None = None,
) -> Array:
    """Columns (K, c) as coordinates: lower is better, from 0 to 1 over their range on the front.

    Args:
        values: (K, c) losses, metrics, sizes, one row a point.
        maximise: Whether higher is better, for all columns or for each.
        logarithmic: Whether ratios count and not differences, as for sizes.
        front: (K,), which points are on the front; all if left out. Others may lie beyond 0 to 1.

    Raises:
        InputError: A number is not finite, or not positive on a logarithmic axis.
    """
    table = np.array(values, dtype=np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise InputError(
            "Columns of points should be a table of finite numbers with a row a point; leave out "
            "points that have none."
        )
    logs = np.broadcast_to(np.asarray(logarithmic, dtype=bool), table.shape[1:])
    if (table[:, logs] <= 0).any():
        raise InputError(
            f"A column on a logarithmic axis should be positive, found {table[:, logs].min():g}; "
            "choose a linear one."
        )
    table[:, logs] = np.log(table[:, logs])
    table = np.where(np.broadcast_to(np.asarray(maximise, dtype=bool), logs.shape), -table, table)
    rows = table if front is None else table[np.asarray(front, dtype=bool)]
    if not len(rows):
        raise InputError("No point is on the front; columns are normalised over their range there.")
    low, size = rows.min(axis=0), np.ptp(rows, axis=0)
    scaled: Array = (table - low) / np.where(size > 0, size, 1)
    return scaled
