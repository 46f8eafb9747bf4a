"""What a network does in evaluation mode that would make its results depend on chance."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from paretocli.errors import InputError
from paretocli.problems.problem import Problem
from paretocli.sweep.rehearsal import outputs_of

ROWS = 8
TOLERANCE = 1e-3  # relative to the largest output; less is rounding


def behaviour_faults(problem: Problem, network: nn.Module) -> list[InputError]:
    """Outputs that differ from one time to the next, or with the other samples of the batch.

    Args:
        problem: The problem.
        network: Its network.
    """
    samples = problem.train.rows(slice(ROWS))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        outputs = outputs_of(problem, network, samples)
        torch.manual_seed(1)
        again = outputs_of(problem, network, samples)
    if not _alike(outputs, again):
        return [
            InputError(
                f"The network of problem {problem.name} gives other outputs each time in "
                "evaluation mode; switch dropout and the like off there, as in "
                "dropout(x, training=self.training)."
            )
        ]
    half = len(samples) // 2
    if half == 0 or _has_batch_statistics(network):
        return []
    alone = outputs_of(problem, network, samples.rows(slice(half)))
    if _alike([output[:half] for output in outputs], alone):
        return []
    return [
        InputError(
            f"The network of problem {problem.name} gives a sample other outputs when others are "
            "with it in the batch; its inputs are (B, …), for which attention and recurrent "
            "layers need batch_first=True."
        )
    ]


def _alike(outputs: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    return all(
        one.shape == other.shape
        and torch.allclose(
            one, other, rtol=0, atol=TOLERANCE * float(other.abs().max()), equal_nan=True
        )
        for one, other in zip(outputs, others, strict=True)
        if other.numel()
    )


def _has_batch_statistics(network: nn.Module) -> bool:
    """Whether batch norm uses the batch's own statistics in evaluation too."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(m, kinds) and m.running_mean is None for m in network.modules())
