"""What makes the results of a network depend on more than its sample, in evaluation mode."""

import torch
from torch import Tensor, nn

from paretocli.core.outputs import flat, output_names
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.probing.broadcasting import batch_shape
from paretocli.probing.chance import alike
from paretocli.probing.rehearsal import outputs_of

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
    names = output_names(problem.objectives, together)
    for name, one, outputs in zip(names, flat(each[0]), flat(together), strict=True):
        _refuse_other_shape(name, one, outputs)
    one_by_one = zip(*map(flat, each), strict=True)
    if alike(flat(together), [torch.cat(outputs) for outputs in one_by_one]):
        return []
    return [
        "A sample's outputs depend on the other samples of its batch. Where that is not meant: "
        "attention and recurrent layers need batch_first=True for inputs (B, …)."
    ]


def _refuse_other_shape(name: str, one: Tensor, outputs: Tensor) -> None:
    """Refuse an output for one sample that is unlike those (B, …) for several."""
    if one.shape != (1, *outputs.shape[1:]):
        raise InputError(
            f"The network's output for task {name} is {batch_shape(outputs)}, but "
            f"{tuple(one.shape)} for a batch of one sample; keep the batch's axis, as "
            "squeeze(1) does and squeeze() does not."
        )


def _has_batch_statistics(network: nn.Module) -> bool:
    """Whether batch norm uses the batch's own statistics in evaluation too."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(m, kinds) and m.running_mean is None for m in network.modules())
