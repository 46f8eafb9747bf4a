"""Whether a file in fewer bits gives what it says, whatever kernels a runtime has for it."""

from collections.abc import Sequence
from importlib.metadata import version

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
def refuse_disagreement(problem: Problem, right: Function, file: Function, name: str) -> None:
    """Refuse a file that gives others, on the test data.

    Args:
        problem: Whose data.
        right: What it is to give: that of a network with its numbers rounded, or of the file's
            operators one by one.
        file: What onnxruntime makes of the file.
        name: The format's, for the message.

    Raises:
        RunError: It does.
    """
    error = OutputError()
    for _, batch in shares(problem.test, problem.evaluation_batch):
        inputs = [*tensors_of(batch.inputs).values()]
        error.add(_floats(right(*inputs)), _floats(file(*inputs)))
    found = error.largest()
    if not found <= AGREEMENT:
        raise RunError(
            f"onnxruntime {version('onnxruntime')} gives outputs of the {name} file that are off "
            f"by {found:.2g} of their spread from what the numbers in it say, more than "
            f"{AGREEMENT:g}; nothing was written. Some of its versions compute eight bits wrongly "
            "(1.24.1 does), and on a processor without instructions for them, sums of products may "
            "overflow; else this is a fault of the program: please report it with the network."
        )


def _floats(outputs: Sequence[Tensor]) -> list[Tensor]:
    return [output for output in outputs if output.is_floating_point()]
