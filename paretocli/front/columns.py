"""What the name of a column of `results.csv` says: its split, metric and task, and words for it."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from paretocli.core.metric_names import Direction
from paretocli.core.splits import SPLITS
from paretocli.front.sizes import PRUNED_TO, SHRUNK_FROM
from paretocli.run_directory.measurements import BYTES, FIGURES

MEASURED = (*FIGURES, BYTES)
"""The columns that are there once networks were measured on a device."""

SERVES = "serves"
"""The column of the tasks that a network of a set serves, as text."""

_SPLIT_WORDS = {"train": "Training", "val": "Validation", "test": "Test"}

_HIGHER = ("sparsity_rate", "compression_rate", "parameter_sharing", "speedup", "hypervolume")
_LOWER = (
    *("gap", "relative_gap", "stationarity", "chebyshev_value"),
    *("parameters_kept", "compact_parameters", "parameters", "unique_parameters"),
    *("compact_macs", "macs", "flops", "bytes", "latency", "rows", "rows_kept"),
    *("seconds", "epochs", "best_epoch"),
    *MEASURED,
)
POINT_COLUMNS: dict[str, Direction] = {
    **dict.fromkeys(_HIGHER, "higher"),
    **dict.fromkeys(_LOWER, "lower"),
}
"""Figures of a point as a whole, and which direction of them is better."""

_TOLD = (SHRUNK_FROM, PRUNED_TO)
"""Figures of a point as a whole that say how it came about, of which none is better."""

# Networks differ in these by factors, not by amounts.
_SIZES = (
    *("parameters", "parameters_kept", "unique_parameters", "compact_parameters"),
    *("bytes", "macs", "flops", "compact_macs", BYTES),
)

_WORDS = {
    "r2": "R²",
    "miou": "mIoU",
    "iou": "IoU",
    "rmse": "RMSE",
    "mse": "MSE",
    "mae": "MAE",
    "f1": "F1",
    "auroc": "AUROC",
    "roc_auc": "ROC AUC",
    "psnr": "PSNR",
    "ssim": "SSIM",
    "macs": "multiply-accumulates",
    "sparsity_rate": "sparsity rate (%)",
    "compression_rate": "compression rate (rows / unique rows)",
    "parameter_sharing": "parameter sharing (rows kept / unique rows)",
    "compact_parameters": "parameters of the exported network",
    "compact_macs": "multiply-accumulates of the exported network",
    SHRUNK_FROM: "parameters before it was held to a size",
    PRUNED_TO: "parameters at most, where pruned",
    "unique_parameters": "unique parameters (shared counted once)",
    "chebyshev_value": "Chebyshev value",
    "seconds": "training time (s)",
    "latency_ms": "latency, batch 1 (ms)",
    "latency_ms_p95": "latency, batch 1, 95th percentile (ms)",
    "latency_ms_64": "latency, batch 64 (ms)",
    "latency_ms_64_p95": "latency, batch 64, 95th percentile (ms)",
    BYTES: "bytes of the measured network's files",
}


def split_of(column: str) -> str | None:
    """Name the split that a column was measured on: `train`, `val`, `test`, or none of them."""
    last = column.rpartition("_")[2]
    return last if last in SPLITS and last != column else None


def body_of(column: str) -> str:
    """Drop the split from the end of a column's name."""
    split = split_of(column)
    return column.removesuffix(f"_{split}") if split else column


def is_size(column: str) -> bool:
    """Tell whether a column counts parameters, operations or bytes."""
    return column in _SIZES


def by_factors(column: str) -> bool:
    """Tell whether networks differ in a column by factors: in sizes, and in latencies."""
    return is_size(column) or column in FIGURES


def is_share(column: str, values: npt.ArrayLike) -> bool:
    """Tell whether a column holds shares from 0 to 1, which people read as percentages.

    Args:
        column: Its name: accuracies are shares.
        values: All that it holds, for somebody may count an accuracy from 0 to 100.
    """
    numbers = np.asarray(values, dtype=np.float64)
    finite = numbers[np.isfinite(numbers)]
    named = column.removeprefix("mean ").startswith(
        ("accuracy", "pixel_accuracy", "balanced_accuracy")
    )
    return named and bool(((finite >= 0) & (finite <= 1)).all())


def readings(column: str, objectives: Collection[str]) -> list[tuple[str, str]]:
    """All pairs of a metric and a task that a column can be, the longest name of a task first.

    A column is `<metric>_<task>_<split>`, and names of tasks hold underscores themselves: where
    there are tasks `digit` and `left_digit`, `accuracy_left_digit` can be two things.
    """
    body = body_of(column)
    tasks = [task for task in objectives if body.endswith(f"_{task}") and body != f"_{task}"]
    return [(body.removesuffix(f"_{task}"), task) for task in sorted(tasks, key=len, reverse=True)]


def metric_and_task(column: str, objectives: Collection[str]) -> tuple[str, str]:
    """Cut `pixel_accuracy_road_test` into metric and task; without a task, the second is empty."""
    if column in POINT_COLUMNS or column in _TOLD:
        return column, ""
    return next(iter(readings(column, objectives)), (body_of(column), ""))


def label(
    column: str,
    objectives: Sequence[str] = (),
    *,
    has_splits: bool = True,
    bare: bool = False,
    named: bool = True,
) -> str:
    """Word a column for people: `accuracy_left_test` becomes "Test accuracy, left".

    Args:
        column: the column's name.
        objectives: the sweep's objectives, which tell where the metric ends and the task begins.
        has_splits: false where the column is the same on every split, so that naming one would
            suggest a difference: "Loss, sparsity".
        bare: true where only the objective's own name is wanted: "f1".
        named: false where the task is said elsewhere: "Test accuracy".
    """
    split = split_of(column)
    metric, task = metric_and_task(column, objectives)
    if bare and task:
        return task
    if not split and not task and column not in (*POINT_COLUMNS, *_TOLD):
        # A stranger's column: its author's own spelling says more than ours would.
        return column
    words = _words(metric)
    if split and has_splits:
        words = f"{_SPLIT_WORDS[split]} {words}"
    elif words.islower():  # not mIoU
        words = words[:1].upper() + words[1:]
    return f"{words}, {task.replace('_', ' ')}" if task and named else words


def _words(metric: str) -> str:
    plain = metric.removeprefix("neg_")
    words = _WORDS.get(plain, plain.replace("_", " "))
    return words if plain == metric else f"negative {words}"
