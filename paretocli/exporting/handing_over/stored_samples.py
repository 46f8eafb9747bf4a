"""Some test inputs in a file, with what the network gave for them before it was made small.

Beside it, what each file in fewer bits is to give.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from paretocli.core.inputs import tensors_of
from paretocli.core.problem import Problem
from paretocli.exporting.handing_over.each_sample import Function
from paretocli.exporting.verifying.verified_outputs import as_array

SAMPLES = "samples.npz"
USUAL = 8
MOST_BYTES = 2_000_000  # of all samples but the first, before they are packed


@torch.no_grad()
def write_samples(
    problem: Problem, functions: Mapping[str, Function], folder: Path, most: int
) -> list[int]:
    """Write inputs as the data holds them, and the outputs of networks.

    They are as many as have room, spread evenly over the test split; no file without any.

    Args:
        problem: Whose test data.
        functions: The networks, by what their outputs are called.
        folder: Where to.
        most: How many there are to be at most.

    Returns:
        The numbers of the samples in the test split.
    """
    if not most:
        return []
    one = _arrays(problem, functions, [0])
    room = MOST_BYTES // max(1, sum(array.nbytes for array in one.values()))
    count = min(most, max(1, room), len(problem.test))
    rows = [place * len(problem.test) // count for place in range(count)]
    np.savez_compressed(folder / SAMPLES, **_arrays(problem, functions, rows))
    return rows


def _arrays(
    problem: Problem, functions: Mapping[str, Function], rows: Sequence[int]
) -> dict[str, Any]:
    """The inputs and outputs (B, …) of some samples, by their places."""
    inputs = list(tensors_of(problem.test.rows(torch.tensor(rows)).inputs).values())
    named = {f"input_{place}": as_array(tensor) for place, tensor in enumerate(inputs)}
    for name, function in functions.items():
        outputs: Sequence[Tensor] = function(*inputs)
        named |= {f"{name}_{place}": as_array(tensor) for place, tensor in enumerate(outputs)}
    return named
