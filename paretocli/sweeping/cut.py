"""A problem with fewer training samples."""

import dataclasses

from paretocli.core.in_order import part_of
from paretocli.core.problem import Problem
from paretocli.errors import InputError


def cut(problem: Problem, count: int) -> Problem:
    """The problem with the first `count` of its training samples.

    Raises:
        InputError: There are not so many.
    """
    there = len(problem.train)
    if not 1 <= count <= there:
        raise InputError(
            f"--train-samples should be from 1 to {there}, the training samples of "
            f"{problem.name}, found {count}."
        )
    if count == there:  # what is read as it is needed would be known by another checksum
        return problem
    weights = problem.train_weights
    return dataclasses.replace(
        problem,
        train=part_of(problem.train, slice(count)),
        train_weights=None if weights is None else weights[:count],
    )
