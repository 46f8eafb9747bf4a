"""Data in double precision, which not every device has."""

import torch

from paretocli.core.inputs import tensors_of
from paretocli.core.problem import Problem
from paretocli.errors import InputError

WITHOUT = ("mps",)
"""Kinds of devices that torch gives no such numbers."""


def refuse_double(problem: Problem, device: torch.device) -> None:
    """Refuse data in double precision for a device that has no such numbers.

    Raises:
        InputError: There is such data.
    """
    if device.type not in WITHOUT:
        return
    for split, data in problem.splits().items():
        sample = data.rows(slice(1))
        inputs = {f"inputs {name}".strip(): t for name, t in tensors_of(sample.inputs).items()}
        targets = {
            f"targets {name}".strip() + f" of task {task.name}": tensor
            for task, target in zip(problem.tasks, sample.targets, strict=True)
            for name, tensor in tensors_of(target).items()
        }
        for name, tensor in (inputs | targets).items():
            if tensor.dtype == torch.float64:
                raise InputError(
                    f"The {name} of problem {problem.name} are of float64 in its {split} split, "
                    f"numbers that {device.type} does not have; give them in single precision "
                    "(.float()), or choose --device cpu."
                )
