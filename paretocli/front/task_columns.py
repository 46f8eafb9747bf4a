"""The columns that tasks are judged by."""

from paretocli.core.names import SPARSITY
from paretocli.errors import InputError
from paretocli.front.columns import metric_and_task, split_of
from paretocli.front.directions import Directions
from paretocli.front.results import Results


def task_columns(result: Results, split: str) -> dict[str, str]:
    """Find the column that judges each task: its first metric, or its loss if no task has any.

    Args:
        result: an input; the order of its columns is the order of a task's metrics.
        split: `train`, `val` or `test`.

    Returns:
        The names of columns by task, in the order of the objectives.

    Raises:
        InputError: the input names no tasks.
    """
    metrics: dict[str, str] = {}
    for column in map(str, result.frame.columns):
        metric, task = metric_and_task(column, result.objectives)
        if split_of(column) and task in result.objectives and metric not in {"loss", "weight"}:
            metrics.setdefault(task, metric)
    if not metrics:
        metrics = dict.fromkeys((name for name in result.objectives if name != SPARSITY), "loss")
    if not metrics:
        raise InputError(
            f"{result.path} names no tasks (they come from the columns weight_<task>); choose two "
            f"columns with --x and --y."
        )
    return {
        task: f"{metrics[task]}_{task}_{split}" for task in result.objectives if task in metrics
    }


def judged_by(result: Results, split: str, directions: Directions) -> dict[str, str]:
    """The same of every objective: its loss where it has no metric, or one without a direction.

    Args:
        result: an input that names its objectives.
        split: `train`, `val` or `test`.
        directions: which are known.

    Raises:
        InputError: the input names no tasks.
    """
    losses = {name: f"loss_{name}_{split}" for name in result.objectives}
    columns = task_columns(result, split)
    return losses | {task: c for task, c in columns.items() if directions.of(c) is not None}
