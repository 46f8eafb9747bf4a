"""Loss and metric of classification tasks."""

import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor

from paretocli.core.prediction import Classes
from paretocli.core.problem import Task


def accuracy(output: Tensor, target: Tensor) -> Tensor:
    """Share of samples (B,) whose largest logit (B, C) is that of the target."""
    return (output.argmax(dim=-1) == target).float().mean()


def classification(name: str, classes: int) -> Task:
    """A task with cross-entropy as its loss and accuracy as its metric."""
    return Task(
        name,
        loss=F.cross_entropy,
        metrics={"accuracy": accuracy},
        outputs=classes,
        prediction=Classes(classes),
    )
