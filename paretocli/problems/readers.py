"""The processes that read a problem's data."""

from dataclasses import replace
from typing import Any

from paretocli.core.in_order import by_processes, read_by
from paretocli.core.problem import Problem
from paretocli.options.declared import declared


def problem_read_by(problem: Problem, workers: Any) -> Problem:
    """The problem, each split of which so many processes read ahead.

    Args:
        problem: The problem.
        workers: How many, as a user gives it, 0 for none; None for what the problem says.

    Raises:
        InputError: There cannot be so many.
    """
    declared()["workers"].check(workers)
    if workers is None or not is_read(problem):
        return problem
    assert problem.val is not None  # there is one by now
    train, val, test = (
        read_by(data, workers) for data in (problem.train, problem.val, problem.test)
    )
    return replace(problem, train=train, val=val, test=test)


def is_read(problem: Problem) -> bool:
    """Whether processes may read any of its data."""
    return any(map(by_processes, problem.splits().values()))
