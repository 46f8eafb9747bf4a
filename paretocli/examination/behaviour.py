"""What makes the results of a network depend on more than its sample, in evaluation mode."""

import torch
from torch import Tensor, nn

from paretocli.core.problem import Problem, Task
from paretocli.errors import InputError
from paretocli.probing.chance import alike
from paretocli.probing.rehearsal import outputs_of
from paretocli.probing.task_faults import batch_shape

ROWS = 4


def mixing_notes(problem: Problem, network: nn.Module) -> list[str]:
    """Outputs that differ with the other samples of the batch, unless batch norm is to blame.

    Args:
        problem: The problem.
        network: Its network, without chance in it.

    Raises:
        InputError: It fails on a batch of one sample, or gives outputs of another shape.
    """
    samples = problem.train.rows(slice(ROWS))
    if len(samples) == 1 or _has_batch_statistics(network):
        return []
    together = outputs_of(problem, network, samples)
    each = [
        outputs_of(problem, network, samples.rows(slice(row, row + 1)), "on a batch of one sample")
        for row in range(len(samples))
    ]
    for task, one, outputs in zip(problem.tasks, each[0], together, strict=True):
        _refuse_other_shape(task, one, outputs)
    if alike(together, [torch.cat(outputs) for outputs in zip(*each, strict=True)]):
        return []
    return [
        "A sample's outputs depend on the other samples of its batch. Where that is not meant: "
        "attention and recurrent layers need batch_first=True for inputs (B, …)."
    ]


def _refuse_other_shape(task: Task, one: Tensor, outputs: Tensor) -> None:
    """Refuse an output for one sample that is unlike those (B, …) for several."""
    if one.shape != (1, *outputs.shape[1:]):
        raise InputError(
            f"The network's output for task {task.name} is {batch_shape(outputs)}, but "
            f"{tuple(one.shape)} for a batch of one sample; keep the batch's axis, as "
            "squeeze(1) does and squeeze() does not."
        )


def _has_batch_statistics(network: nn.Module) -> bool:
    """Whether batch norm uses the batch's own statistics in evaluation too."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(m, kinds) and m.running_mean is None for m in network.modules())
