"""Losses and metrics' statistics of a batch, of one network's outputs or of those of all.

Samples without a label are left out before anything is computed of them: a factor of 0 would not
do, for a loss may be NaN there, may have a gradient that is, or may refuse such a target.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.func import vmap

from paretocli.core.task import Task

Scores = tuple[Tensor, Tensor]
ScoreFunction = Callable[[Task, Tensor, Tensor], Scores]


def scores_of_one(task: Task, output: Tensor, target: Tensor) -> Scores:
    """The loss () and the statistics (s,) of one network, as `Task.scores`."""
    return (_of_labelled if task.counts_labels else _of_one)(task, output, target)


def scores_of_all(task: Task, outputs: Tensor, target: Tensor, *, apart: bool) -> Scores:
    """The losses (K,) and the statistics (K, s) of K networks.

    Args:
        task: The task.
        outputs: (K, B, …).
        target: (B, …), or (K, B, …) where each network has samples of its own.
        apart: Whether they have.
    """
    if not task.counts_labels:
        return _stacked(task.scores, outputs, target, axis=0 if apart else None)
    return (_of_labelled_apart if apart else _of_labelled_together)(task, outputs, target)


def _of_one(task: Task, output: Tensor, target: Tensor) -> Scores:
    return task.scores(output, target)


def _together(task: Task, outputs: Tensor, target: Tensor) -> Scores:
    """All networks have the same samples, so the labelled ones are chosen for all at once."""
    rows = task.labelled(target).nonzero().flatten()
    scores = partial(task.scores_of_labelled, of=len(target))
    return _stacked(scores, outputs[:, rows], target[rows], axis=None)


def _apart(task: Task, outputs: Tensor, targets: Tensor) -> Scores:
    """Each network has as many labelled samples as it happens to have: one after another."""
    scores = [
        task.scores(output, target)
        for output, target in zip(outputs.unbind(), targets.unbind(), strict=True)
    ]
    losses, statistics = zip(*scores, strict=True)
    return torch.stack(losses), torch.stack(statistics)


def _stacked(
    scores: Callable[[Tensor, Tensor], Scores], outputs: Tensor, target: Tensor, axis: int | None
) -> Scores:
    losses, statistics = vmap(scores, in_dims=(0, axis))(outputs, target)
    return losses, statistics


# How many samples have a label differs from batch to batch: nothing to compile for.
_of_labelled: ScoreFunction = torch.compiler.disable(_of_one)  # type: ignore[no-untyped-call]  # torch has no types here
_of_labelled_together: ScoreFunction = torch.compiler.disable(_together)  # type: ignore[no-untyped-call]  # torch has no types here
_of_labelled_apart: ScoreFunction = torch.compiler.disable(_apart)  # type: ignore[no-untyped-call]  # torch has no types here
