"""What a picture or a page of a sweep shows first: its tasks against size where that matters."""

from collections.abc import Sequence

from paretocli.core.names import SPARSITY
from paretocli.errors import InputError
from paretocli.front.complete import complete_rows
from paretocli.front.directions import Directions
from paretocli.front.results import Results
from paretocli.front.sizes import COMPACT
from paretocli.front.task_columns import task_columns

LEAST_SIZES = 2  # that differ


def tasks_against_size(
    results: Sequence[Results], split: str, directions: Directions
) -> list[str] | None:
    """The size of the exported network and the columns of all tasks, the size first.

    None where the losses of all objectives say more: where sparsity is no objective of all inputs,
    sizes are not known or do not differ, the inputs have different tasks, or nobody knows whether
    more of a metric is better.

    Args:
        results: The inputs, at least one.
        split: Whose figures of the tasks: `train`, `val` or `test`.
        directions: Of the inputs' columns.
    """
    size = COMPACT[0]
    frames = [one.frame for one in results]
    if not all(SPARSITY in one.objectives and size in one.frame for one in results):
        return None
    if len({number for frame in frames for number in frame[size].dropna()}) < LEAST_SIZES:
        return None
    try:
        tasks = [list(task_columns(one, split).values()) for one in results]
        if any({*others} != {*tasks[0]} for others in tasks):
            return None
        columns = [size, *tasks[0]]
        for one in results:
            complete_rows(one, columns)
        directions.higher(columns)
    except InputError:
        return None
    return columns
