"""What the name of a column of `results.csv` says: its better direction, and words for it."""

from collections.abc import Collection, Sequence
from typing import Literal

Direction = Literal["higher", "lower"]

SPLITS = ("train", "val", "test")

_SPLIT_WORDS = {"train": "Training", "val": "Validation", "test": "Test"}

_HIGHER = (
    *("accuracy", "acc", "top1", "top5", "r2", "miou", "iou", "auc", "auroc"),
    *("precision", "recall", "within", "psnr", "ssim", "speedup", "hypervolume"),
    *("sparsity_rate", "compression_rate", "parameter_sharing", "angle_within"),
)
_LOWER = (
    *("loss", "rmse", "mse", "mae", "error", "angle", "perplexity"),
    *("gap", "relative_gap", "stationarity", "chebyshev_value"),
    *("parameters_kept", "parameters", "unique_parameters", "bytes", "macs", "flops", "latency"),
    *("rows", "rows_kept", "seconds", "epochs", "best_epoch"),
    *("top1_error", "top5_error", "iou_loss", "miou_loss", "ssim_loss"),
)
_DIRECTIONS: dict[str, Direction] = {
    **dict.fromkeys(_HIGHER, "higher"),
    **dict.fromkeys(_LOWER, "lower"),
}

# After a word that is better higher: the precision of a task called error, or a precision's error?
_REVERSING = ("error", "loss")

# Networks differ in these by factors, not by amounts.
_SIZES = ("parameters", "parameters_kept", "unique_parameters", "bytes", "macs", "flops")

_WORDS = {
    "r2": "R²",
    "miou": "mIoU",
    "iou": "IoU",
    "rmse": "RMSE",
    "mse": "MSE",
    "mae": "MAE",
    "macs": "multiply-accumulates",
    "sparsity_rate": "sparsity rate (%)",
    "compression_rate": "compression rate (rows / unique rows)",
    "parameter_sharing": "parameter sharing (rows kept / unique rows)",
    "unique_parameters": "unique parameters (shared counted once)",
    "chebyshev_value": "Chebyshev value",
    "seconds": "training time (s)",
}


def split_of(column: str) -> str | None:
    """Name the split that a column was measured on: `train`, `val`, `test`, or none of them."""
    last = column.rpartition("_")[2]
    return last if last in SPLITS and last != column else None


def _body(column: str) -> str:
    """Drop the split from the end of a column's name."""
    split = split_of(column)
    return column.removesuffix(f"_{split}") if split else column


def direction(column: str) -> Direction | None:
    """Tell which direction of a column is better, or `None` where its name does not say.

    A column is `<metric>_<task>_<split>`, so the first known word decides: `loss_accuracy_test`
    is the loss of a task called accuracy. Where "error" or "loss" follows a word that is better
    higher, as in `precision_error_x`, its name does not say.
    """
    parts = _body(column).lower().split("_")
    for start in range(len(parts)):
        for end in range(len(parts), start, -1):  # the longest name first
            found = _DIRECTIONS.get("_".join(parts[start:end]))
            if found == "higher" and end < len(parts) and parts[end] in _REVERSING:
                return None
            if found:
                return found
    return None


def is_size(column: str) -> bool:
    """Tell whether a column counts parameters, operations or bytes."""
    return column in _SIZES


def metric_and_task(column: str, objectives: Collection[str]) -> tuple[str, str]:
    """Cut `pixel_accuracy_road_test` into metric and task; without a task, the second is empty.

    Names of tasks may hold underscores themselves, so the objectives tell where to cut.
    """
    body = _body(column)
    if body in _DIRECTIONS:
        return body, ""
    for task in sorted(objectives, key=len, reverse=True):
        if body.endswith(f"_{task}"):
            return body.removesuffix(f"_{task}"), task
    for metric in sorted(_DIRECTIONS, key=len, reverse=True):
        if body.startswith(f"{metric}_"):
            return metric, body.removeprefix(f"{metric}_")
    return body, ""


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
    if not split and not task and column not in _DIRECTIONS:
        # A stranger's column: its author's own spelling says more than ours would.
        return column
    words = _WORDS.get(metric, metric.replace("_", " "))
    if split and has_splits:
        words = f"{_SPLIT_WORDS[split]} {words}"
    elif words.islower():  # not mIoU
        words = words[:1].upper() + words[1:]
    return f"{words}, {task.replace('_', ' ')}" if task and named else words
