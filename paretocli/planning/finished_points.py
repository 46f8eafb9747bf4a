"""What is known of the points that are finished, checked."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from paretocli.errors import InputError

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Finished:
    """Finished points, K ≥ 1.

    Attributes:
        weights: (K, m), m ≥ 2, rows of sum 1.
        columns: (K, c), lower is better, each over its range.
        losses: (K, m), normalised, where they are known.
        inside: (K,), which of them lie in the region of interest.
    """

    weights: Array
    columns: Array
    losses: Array | None
    inside: Mask

    @classmethod
    def checked(
        cls,
        weights: npt.ArrayLike,
        columns: npt.ArrayLike,
        losses: npt.ArrayLike | None,
        inside: npt.ArrayLike | None,
    ) -> "Finished":
        """Them as arrays; all are inside where nothing is said.

        Raises:
            InputError: Shapes do not fit, or a number is not finite or negative.
        """
        rows, table = np.asarray(weights, dtype=np.float64), np.asarray(columns, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] < 2 or table.ndim != 2 or len(rows) != len(table):
            raise InputError(
                "Points are placed by weights (K, m) and columns (K, c) of the same finished "
                f"points, found shapes {rows.shape} and {table.shape}."
            )
        if not len(rows):
            raise InputError("No point is finished; begin with initial weights.")
        if not (np.isfinite(rows).all() and np.isfinite(table).all()):
            raise InputError("Weights and columns of finished points should be finite numbers.")
        if (rows < 0).any() or not (rows.sum(axis=1) > 0).all():
            raise InputError("Weights should be zero or more, and not all zero for any point.")
        mask = np.ones(len(rows), dtype=bool) if inside is None else np.asarray(inside, dtype=bool)
        if mask.shape != rows.shape[:1]:
            raise InputError(
                f"The region should say for each of {len(rows)} points whether it lies inside, "
                f"found shape {mask.shape}."
            )
        known = None if losses is None else np.asarray(losses, dtype=np.float64)
        if known is not None and (
            known.shape != rows.shape or not np.isfinite(known).all() or (known < 0).any()
        ):
            raise InputError(
                f"Normalised losses of finished points should be finite, zero or more, and of the "
                f"weights' shape {rows.shape}; found shape {known.shape}."
            )
        return cls(rows / rows.sum(axis=1, keepdims=True), table, known, mask)
