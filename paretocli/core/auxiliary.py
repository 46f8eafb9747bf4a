"""Auxiliary losses: what a network works out beside its tasks' outputs, to be kept small.

Such as the balance of a router over its experts, a penalty of attention, or a divergence. A network
returns each by its name, beside the outputs of the tasks: as one number () for the batch, or as one
a sample (B,), whose mean counts. A step of training adds Σ_a c_a A_a to what a solver makes of the
objectives, which stay what they are.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

from torch import Tensor

from paretocli.core.names import SPARSITY
from paretocli.core.task import Task
from paretocli.errors import InputError
from paretocli.printable import one_line


def checked_auxiliary(given: Any, tasks: Iterable[str], problem: str) -> dict[str, float]:
    """The coefficients above 0 of auxiliary losses, in the order of their names.

    Args:
        given: Coefficients by name; one of 0 leaves its loss out.
        tasks: Names of the tasks.
        problem: The problem's name, for a message.

    Raises:
        InputError: A name is none or a task's, or a coefficient is no number that is finite and at
            least 0.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            f"The auxiliary losses of problem {problem} should be a dictionary of coefficients by "
            f'name, as auxiliary={{"balance": 0.01}}, found {type(given).__name__}.'
        )
    for name, coefficient in given.items():
        if not isinstance(name, str) or not name or one_line(name) != name:
            raise InputError(
                f"Problem {problem} has an auxiliary loss named {name!r}; give a name in one line, "
                "by which the network returns it."
            )
        if name in {*tasks, SPARSITY}:
            raise InputError(
                f"Problem {problem} has an auxiliary loss with the name of an objective, {name}; "
                "rename it in what the network returns."
            )
        number = isinstance(coefficient, Real) and not isinstance(coefficient, bool)
        if not number or not (math.isfinite(coefficient) and coefficient >= 0):
            raise InputError(
                f"The coefficient of the auxiliary loss {name} of problem {problem} should be a "
                f"finite number that is at least 0, found {coefficient!r}."
            )
    return {name: float(given[name]) for name in sorted(given) if given[name] > 0}


def auxiliary_tasks(names: Iterable[str]) -> tuple[Task, ...]:
    """Auxiliary losses as tasks: their loss is what the network gives, whatever the target."""
    return tuple(Task(name, _itself) for name in names)


def targets_of(targets: Sequence[Any], count: int) -> tuple[Any, ...]:
    """Targets for so many tasks, the last of which may be auxiliary losses.

    These have none; that of the first task stands in its place.
    """
    return (*targets, *[targets[0]] * (count - len(targets)))


def _itself(output: Tensor, target: Any) -> Tensor:
    return output
