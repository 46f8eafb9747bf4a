"""Whether a file in eight bits gives what the network gives that was trained for it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from paretocli.core.inputs import tensors_of
from paretocli.core.problem import Problem
from paretocli.errors import RunError
from paretocli.exporting.fewer_bits.drops import Function
from paretocli.exporting.fewer_bits.output_error import OutputError
from paretocli.training.evaluation import shares

# Relative to how much outputs vary. Where a number lies between two of the 256 that there are, sums
# in another order bring it to the other one, and what follows is off by a step.
AGREEMENT = 0.1


@torch.no_grad()
def refuse_disagreement(problem: Problem, rounded: Function, file: Function, name: str) -> None:
    """Refuse a file that gives others, on the test data.

    Args:
        problem: Whose data.
        rounded: The network, with its numbers rounded.
        file: What the file gives.
        name: The format's, for the message.

    Raises:
        RunError: It does.
    """
    error = OutputError()
    for _, batch in shares(problem.test, problem.evaluation_batch):
        inputs = [*tensors_of(batch.inputs).values()]
        error.add(_floats(rounded(*inputs)), _floats(file(*inputs)))
    found = error.largest()
    if not found <= AGREEMENT:
        raise RunError(
            f"The {name} file gives outputs that are off by {found:.2g} of their spread from those "
            f"of the network that was trained for it, more than {AGREEMENT:g}; nothing was "
            "written. On a processor without instructions for eight bits, sums of products may "
            "overflow; else this is a fault of the program: please report it with the network."
        )


def _floats(outputs: Sequence[Tensor]) -> list[Tensor]:
    return [output for output in outputs if output.is_floating_point()]
