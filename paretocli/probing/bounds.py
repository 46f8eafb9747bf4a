"""What is known of the smallest values of a problem's losses, before anything is trained.

A weight means something while no objective falls below its ideal. So a bound that is not known is
not taken for 0 where the loss can be seen to fall below it: then the sweep trains that objective
alone first, and learns its ideal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from torch import nn

from paretocli.core.inputs import Several
from paretocli.core.known_bounds import is_never_negative
from paretocli.core.problem import Problem
from paretocli.core.task import rows_of
from paretocli.probing.probe import can_fall_below_0
from paretocli.probing.rehearsal import outputs_of

ROWS = 16

Origin = Literal["declared", "known", "assumed", "unknown"]


@dataclass(frozen=True)
class Bound:
    """A lower bound of a loss.

    Attributes:
        value: None where it has to be learned.
        origin: `declared` by the task or problem, `known` of a loss of torch, `assumed` to be 0
            because nothing less was found, or `unknown`.
    """

    value: float | None
    origin: Origin


def lower_bounds(problem: Problem, network: nn.Module) -> tuple[Bound, ...]:
    """A bound for each task.

    Args:
        problem: The problem, which passed its rehearsal.
        network: Its network, on the CPU.
    """
    if problem.ideal is not None:
        return tuple(Bound(float(value), "declared") for value in problem.ideal)
    found = [_without_looking(problem, place) for place in range(len(problem.tasks))]
    if None not in found:
        return tuple(bound for bound in found if bound is not None)
    samples = problem.an_epoch.rows(problem.some_rows("train", min(ROWS, len(problem.train))))
    outputs = outputs_of(problem, network, samples)
    return tuple(
        bound or _looked_at(problem, place, outputs[place], samples.targets[place])
        for place, bound in enumerate(found)
    )


def unknown_bounds_note(names: Sequence[str]) -> str:
    """What a sweep does about objectives whose bound is not known, in a sentence or two."""
    alone = "it is" if len(names) == 1 else "each of them is"
    cost = "a point" if len(names) == 1 else f"{len(names)} points"
    return (
        f"The loss of {' and '.join(names)} can fall below 0, and no bound is declared: {alone} "
        f"trained alone first, which costs as much as {cost} more, to learn an ideal that weights "
        "can be measured from. The task's lower_bound or --ideal, where one is known, saves that."
    )


def _without_looking(problem: Problem, place: int) -> Bound | None:
    task = problem.tasks[place]
    if task.lower_bound is not None:
        known = math.isfinite(task.lower_bound)
        return Bound(task.lower_bound, "declared") if known else Bound(None, "unknown")
    return Bound(0.0, "known") if is_never_negative(task.loss) else None


def _looked_at(problem: Problem, place: int, output: Several, target: Several) -> Bound:
    task = problem.tasks[place]
    there = task.labelled(target).nonzero().flatten()
    if can_fall_below_0(task, rows_of(output, there), rows_of(target, there)):
        return Bound(None, "unknown")
    return Bound(0.0, "assumed")
