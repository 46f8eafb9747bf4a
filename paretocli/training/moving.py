"""Where the tensors of a trainer are: on the device while it trains, elsewhere while it waits."""

import torch

from paretocli.training.joining import on
from paretocli.training.trainer import Trainer


def move(trainer: Trainer, device: torch.device) -> None:
    """Have all that grows with the size of its networks wait on a device, or come back from one.

    Objectives, multipliers and the like, a few numbers a subproblem, stay where they are.

    Args:
        trainer: Between two of its steps, or between a step's gradient and the step.
        device: Where it computes, or another one.
    """
    trainer.descent.move(device)
    trainer.best.tensors = on(device, trainer.best.tensors)
    trainer.search_end = on(device, trainer.search_end)
    trainer.phases.standstill.kept = on(device, trainer.phases.standstill.kept)
