"""Several data sets, each with the labels of some tasks, as one."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from paretocli.core.inputs import Inputs, Several, of_form, tensors_of
from paretocli.core.missing import refuse_impossible, unlabelled
from paretocli.core.samples import Samples
from paretocli.core.task import Task
from paretocli.errors import InputError


def joined(tasks: Sequence[Task], *parts: tuple[Inputs, Mapping[str, Several]]) -> Samples:
    """Data sets one after another; where one has no labels of a task, they are missing.

    Training draws from all of them alike: each batch holds some of each, by their sizes.

    Args:
        tasks: The tasks in order; those that a part lacks say what stands for no label.
        parts: Of each data set the inputs (N, …), of the same form in all of them, and the targets
            (N, …) by the names of its tasks.

    Raises:
        InputError: The parts do not fit together, a task has labels in none of them, or lacks them
            in one without a sign for that.
    """
    if not parts:
        raise InputError("There should be at least one data set to join, found none.")
    inputs = [tensors_of(part) for part, _ in parts]
    for found in inputs[1:]:
        if list(found) != list(inputs[0]):
            raise InputError(
                "Data sets that are joined should have the same inputs, found "
                f"{_named(inputs[0])} and {_named(found)}."
            )
    together = [
        _concatenated([found[name] for found in inputs], f"the inputs {name}".strip())
        for name in inputs[0]
    ]
    known = {task.name for task in tasks}
    for _, targets in parts:
        if unknown := sorted(set(targets) - known):
            raise InputError(
                f"There is no task {unknown[0]}, of which a data set has labels; the tasks are "
                f"{', '.join(task.name for task in tasks)}."
            )
    sizes = [len(next(iter(found.values()))) for found in inputs]
    every = tuple(_targets(task, sizes, [found for _, found in parts]) for task in tasks)
    return Samples(of_form(parts[0][0], together), every)


def _targets(task: Task, sizes: Sequence[int], parts: Sequence[Mapping[str, Several]]) -> Several:
    """A task's targets of all data sets, missing where one has none."""
    there = [found[task.name] for found in parts if task.name in found]
    if not there:
        raise InputError(f"None of the data sets has labels of task {task.name}.")
    if len(there) < len(parts):
        if task.missing is None:
            raise InputError(
                f"A data set has no labels of task {task.name}; say what stands for none, as "
                "Task(…, missing=-1) does."
            )
        refuse_impossible(task.name, task.missing, there[0], "the data sets")
    filled = [
        found[task.name] if task.name in found else unlabelled(task.missing or 0, there[0], size)
        for size, found in zip(sizes, parts, strict=True)
    ]
    by_part = [tensors_of(target) for target in filled]
    for found, size in zip(by_part, sizes, strict=True):
        if list(found) != list(by_part[0]):
            raise InputError(
                f"Data sets that are joined should have the same targets of task {task.name}, "
                f"found {_named(by_part[0])} and {_named(found)}."
            )
        for tensor in found.values():
            if len(tensor) != size:
                raise InputError(
                    f"A data set has {size} samples, but {len(tensor)} targets of task "
                    f"{task.name}; they should be equally many."
                )
    together = [
        _concatenated(
            [found[part] for found in by_part], f"the targets of task {task.name} {part}".strip()
        )
        for part in by_part[0]
    ]
    return of_form(there[0], together)


def _named(found: Mapping[str, Tensor]) -> str:
    return "one tensor" if "" in found else ", ".join(found)


def _concatenated(tensors: Sequence[Tensor], what: str) -> Tensor:
    first = tensors[0]
    for tensor in tensors[1:]:
        if tensor.shape[1:] != first.shape[1:] or tensor.dtype != first.dtype:
            raise InputError(
                f"Data sets that are joined should be of one shape and type in {what}, found "
                f"{tuple(first.shape[1:])} of {first.dtype} and {tuple(tensor.shape[1:])} of "
                f"{tensor.dtype}."
            )
    return torch.cat(list(tensors))
