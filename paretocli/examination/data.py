"""What can be wrong with the data, sample for sample."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from paretocli.errors import InputError
from paretocli.problems.inputs import tensors_of
from paretocli.problems.problem import Data, Problem, Samples, Task
from paretocli.sweep.task_faults import batch_shape


def input_faults(problem: Problem) -> list[InputError]:
    """Inputs that are not finite when they are prepared.

    All samples are looked at, but for data that is read as it is needed: there the first alone.

    Args:
        problem: The problem; its `prepare` runs without an error on the first samples.
    """
    found = []
    for split, data in problem.splits().items():
        bad: dict[str, list[int]] = {}
        for start, samples in _chunks(data, problem.evaluation_batch):
            for name, tensor in tensors_of(problem.prepare(samples.inputs)).items():
                rows = (~tensor.isfinite()).flatten(1).any(dim=1).nonzero().flatten()
                bad.setdefault(name, []).extend((start + rows).tolist())
        for name, numbers in bad.items():
            if numbers:
                found.append(
                    InputError(
                        f"The inputs{f' {name!r}' if name else ''} of the {split} split are not "
                        f"finite in {len(numbers):,} of {len(data):,} samples, first in number "
                        f"{numbers[0]:,} (from 0); replace what is missing there, or in prepare."
                    )
                )
    return found


def target_faults(problem: Problem, outputs: Sequence[Tensor]) -> list[InputError]:
    """Targets on which a loss fails or is not finite.

    Args:
        problem: The problem.
        outputs: What its network gives for some samples, one tensor (B, …) a task: they stand for
            the outputs of all samples, so that the network need not compute them.
    """
    found = []
    for split, data in problem.splits().items():
        for number, (task, output) in enumerate(zip(problem.tasks, outputs, strict=True)):
            for start, samples in _chunks(data, problem.evaluation_batch):
                fault = _target_fault(task, output, samples.targets[number], split, start)
                if fault is not None:
                    found.append(fault)
                    break
    return found


@torch.no_grad()
def _target_fault(
    task: Task, output: Tensor, target: Tensor, split: str, start: int
) -> InputError | None:
    outputs = output[torch.arange(len(target)) % len(output)]
    where = f"on samples {start:,} to {start + len(target) - 1:,} of the {split} split"
    facts = f"its targets there are {_range(target)}, its outputs {batch_shape(output)}"
    try:
        loss = task.loss(outputs, target)
    except Exception as error:  # whatever a loss of somebody's own raises
        message = (str(error).strip().splitlines() or ["(no message)"])[0].removesuffix(".")
        return InputError(
            f"The loss of task {task.name} raised {type(error).__name__} {where}: {message}; "
            f"{facts}: correct the targets or the loss."
        )
    if not loss.isfinite():
        return InputError(
            f"The loss of task {task.name} is {float(loss)} {where} before training; {facts}: "
            "correct the targets, or leave out in the loss what is missing."
        )
    return None


def _chunks(data: Data, size: int) -> Iterator[tuple[int, Samples]]:
    """Samples, and the number of the first of them."""
    end = len(data) if isinstance(data, Samples) else min(size, len(data))
    for start in range(0, end, size):
        yield start, data.rows(slice(start, min(start + size, end)))


def _range(target: Tensor) -> str:
    kind = f"{batch_shape(target)} of {str(target.dtype).removeprefix('torch.')}"
    finite = target[target.isfinite()]
    if finite.numel() == 0:
        return f"{kind}, none of them finite"
    rest = "" if finite.numel() == target.numel() else ", not all of them finite"
    return f"{kind} from {finite.min():.4g} to {finite.max():.4g}{rest}"
