"""What a task's output says: as it is declared, or by a loss that leaves no doubt of it."""

from collections.abc import Sequence
from dataclasses import replace

import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor, nn

from paretocli.core.inputs import Several
from paretocli.core.prediction import Classes, Number, Prediction
from paretocli.core.task import Task

_SQUARED = (F.mse_loss, nn.MSELoss)
# They compare element by element: a column beside a row would be all pairs.
_ELEMENTWISE = (*_SQUARED, F.l1_loss, nn.L1Loss, F.smooth_l1_loss, nn.SmoothL1Loss)


def prediction_of(task: Task, targets: Sequence[Several]) -> Prediction | None:
    """What a task's output says, None where nobody knows.

    Undeclared, torch's cross-entropy of whole numbers is taken for classes, as many as there are in
    the labels, and its squared error for numbers.

    Args:
        task: The task.
        targets: Of all splits.
    """
    labels = [_labels(task, target) for target in targets]
    plain = [one for one in labels if one is not None and len(one)]
    if task.of is not None or len(plain) < len(targets):
        return task.prediction
    found = task.prediction
    if found is None and _is(task, F.cross_entropy, nn.CrossEntropyLoss):
        low, high = min(int(one.min()) for one in plain), max(int(one.max()) for one in plain)
        found = None if plain[0].is_floating_point() or low < 0 else Classes(high + 1)
    if found is None and _is(task, *_SQUARED):
        found = Number() if plain[0].is_floating_point() else None
    row = all(isinstance(target, Tensor) and target.dim() == 1 for target in targets)
    if isinstance(found, Number) and row and _is(task, *_ELEMENTWISE):
        return replace(found, flat=True)
    return found


def _labels(task: Task, target: Several) -> Tensor | None:
    """The labels that are there (n,), None where they are not one number a sample."""
    if not isinstance(target, Tensor) or target.numel() != len(target):
        return None
    return target[task.labelled(target)].reshape(-1)


def _is(task: Task, *losses: object) -> bool:
    """Whether its loss is one of torch's functions, or a module of theirs as it is made."""
    loss = task.loss
    if isinstance(loss, nn.Module):
        return type(loss) in losses and getattr(loss, "weight", None) is None
    return any(loss is one for one in losses)
