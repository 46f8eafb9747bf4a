"""Losses and metrics' statistics of a batch, of one network's outputs or of those of all.

Samples without a label are left out before anything is computed of them: a factor of 0 would not
do, for a loss may be NaN there, may have a gradient that is, or may refuse such a target.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from paretocli.core.inputs import Several, mapped, of_form, sample_count, tensors_of
from paretocli.core.outputs import Outputs
from paretocli.core.task import Task, rows_of

Scores = tuple[Tensor, Tensor]
ScoreFunction = Callable[[Task, Several, Several], Scores]


class Scoring:
    """How a population's tasks are measured.

    Args:
        compiled: Whether the step that measures is compiled. How many samples have a label differs
            from batch to batch, so what chooses them is then left out: nothing to compile for.
    """

    def __init__(self, *, compiled: bool) -> None:
        # Torch's compiler takes a second to import: not where nothing is compiled.
        keep_out: Callable[[ScoreFunction], ScoreFunction] = (
            torch.compiler.disable if compiled else _unchanged
        )
        self._of_labelled = keep_out(_of_one)
        self._of_labelled_together = keep_out(_together)
        self._of_labelled_apart = keep_out(_apart)

    def of_one(self, task: Task, output: Several, target: Several) -> Scores:
        """The loss () and the statistics (s,) of one network, as `Task.scores`."""
        return (self._of_labelled if task.counts_labels else _of_one)(task, output, target)

    def inside(self, task: Task, output: Several, target: Several) -> Scores | tuple[()]:
        """As `of_one`, of a network that is one of a stack, in the call that computes them all.

        Nothing where labels may be missing: those there are have to be known before.
        """
        return () if task.counts_labels else task.scores(output, target)

    def of_all(
        self,
        task: Task,
        outputs: Several,
        target: Several,
        scored: Scores | tuple[()],
        *,
        apart: bool,
    ) -> Scores:
        """The losses (K,) and the statistics (K, s) of K networks.

        Args:
            task: The task.
            outputs: (K, B, …).
            target: (B, …), or (K, B, …) where each network has samples of its own.
            scored: What `inside` gave, for all of them.
            apart: Whether each has samples of its own.
        """
        if scored:
            return scored
        of_labelled = self._of_labelled_apart if apart else self._of_labelled_together
        return of_labelled(task, outputs, target)


def measurable(
    tasks: Sequence[Task], outputs: Outputs, targets: Outputs, only: int | None = None
) -> Iterator[tuple[Task, Several, Several]]:
    """The tasks, or one of them alone, with their outputs and targets.

    Tasks of training alone come last, and have no targets in evaluation.
    """
    pairs = zip(tasks[: len(targets)], outputs, targets, strict=True)
    return pairs if only is None else islice(pairs, only, only + 1)


def kept_outputs(tasks: Sequence[Task], outputs: Outputs, targets: Outputs) -> Outputs:
    """The outputs of tasks with metrics of a whole split, without a graph."""
    return tuple(
        mapped(Tensor.detach, output)
        for task, output, _ in measurable(tasks, outputs, targets)
        if task.whole_metrics
    )


def _unchanged(function: ScoreFunction) -> ScoreFunction:
    return function


def _of_one(task: Task, output: Several, target: Several) -> Scores:
    return task.scores(output, target)


def _together(task: Task, outputs: Several, target: Several) -> Scores:
    """All networks have the same samples, so the labelled ones are chosen for all at once."""
    rows = task.labelled(target).nonzero().flatten()
    scores = partial(task.scores_of_labelled, of=sample_count(target))
    chosen = mapped(lambda outputs_of_all: outputs_of_all[:, rows], outputs)
    losses, statistics = vmap(scores, in_dims=(0, None))(chosen, rows_of(target, rows))
    return losses, statistics


def _apart(task: Task, outputs: Several, targets: Several) -> Scores:
    """Each network has as many labelled samples as it happens to have: one after another."""
    scores = [
        task.scores(output, target)
        for output, target in zip(_unbound(outputs), _unbound(targets), strict=True)
    ]
    losses, statistics = zip(*scores, strict=True)
    return torch.stack(losses), torch.stack(statistics)


def _unbound(several: Several) -> list[Any]:
    """Those (…) of each network, from those of all (K, …)."""
    each = zip(*(tensor.unbind() for tensor in tensors_of(several).values()), strict=True)
    return [of_form(several, tensors) for tensors in each]
