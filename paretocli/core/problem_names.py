"""The names that a problem gives to itself, its tasks and their metrics."""

from collections.abc import Sequence

from paretocli.errors import InputError
from paretocli.printable import one_line


def refuse_wrong_names(problem: str, tasks: Sequence[str], metrics: Sequence[str]) -> None:
    """Refuse names that columns of results cannot have.

    Args:
        problem: Name of the problem.
        tasks: Of its tasks.
        metrics: `<metric>_<task>` of all metrics.

    Raises:
        InputError: There are no tasks, two share a name, a name has several lines, or columns
            would clash.
    """
    if not tasks or len(set(tasks)) != len(tasks):
        raise InputError(
            f"Problem {problem} should have tasks with distinct names, found "
            f"{', '.join(tasks) or 'none'}; rename them."
        )
    for name in (problem, *tasks, *metrics):
        if not name or one_line(name) != name:
            raise InputError(
                f"Problem {problem!r} should have names in one line, of itself, its tasks "
                f"and their metrics, without control characters, found {name!r}; rename it."
            )
    columns = [f"loss_{name}" for name in tasks] + list(metrics)
    if len(set(columns)) != len(columns) or any(c.startswith("weight_") for c in columns):
        raise InputError(
            f"Problem {problem} has metrics whose columns clash with each other or with "
            f"losses and weights ({', '.join(metrics)}); rename them."
        )
