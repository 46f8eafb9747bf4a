"""Tasks that read the output of another one, such as fairness that of a classifier."""

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from torch import nn

from paretocli.core.outputs import by_name
from paretocli.core.task import Task
from paretocli.errors import InputError

T = TypeVar("T")


def refuse_wrong_reading(tasks: Sequence[Task], problem: str) -> None:
    """Refuse a task that reads what no other task has.

    Args:
        tasks: All of a problem.
        problem: Its name, for the message.

    Raises:
        InputError: There is one.
    """
    own = own_outputs(tasks)
    for task in tasks:
        if task.of is not None and task.of not in own:
            raise InputError(
                f"Task {task.name} of problem {problem} reads the output of {task.of!r}; name a "
                f"task that has an output of its own: {', '.join(own) or 'there is none'}."
            )


def own_outputs(tasks: Sequence[Task]) -> tuple[str, ...]:
    """The names of the tasks that have an output of their own, in order."""
    return tuple(task.name for task in tasks if task.of is None)


def one_a_task(outputs: Sequence[T], tasks: Sequence[Task]) -> tuple[T, ...]:
    """One output a task, from those of the tasks that have their own."""
    found = dict(zip(own_outputs(tasks), outputs, strict=True))
    return tuple(found[task.of or task.name] for task in tasks)


def let_read(network: nn.Module, tasks: Sequence[Task]) -> None:
    """Have a network return one output a task, where it returns those that tasks have of their own.

    Its parameters keep their names.
    """
    if any(task.of is not None for task in tasks):
        # No more of the tasks than that, for networks are copied and sent to other processes.
        names = tuple((task.name, task.of or task.name) for task in tasks)
        network.register_forward_hook(partial(_read, own=own_outputs(tasks), names=names))


def _read(
    network: nn.Module,
    inputs: Any,
    returned: Any,
    *,
    own: tuple[str, ...],
    names: tuple[tuple[str, str], ...],
) -> Any:
    named = by_name(returned)
    if named is not None and not (isinstance(returned, tuple) and not named.keys() & {*own}):
        return named | {name: named[of] for name, of in names if of in named}
    if isinstance(returned, tuple | list) and len(returned) == len(own):
        found = dict(zip(own, returned, strict=True))
        return tuple(found[of] for _, of in names)
    return returned  # whoever looks at it says what is wrong
