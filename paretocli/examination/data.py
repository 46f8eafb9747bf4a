"""What can be wrong with the data, sample for sample."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from paretocli.core.inputs import Several, sample_count, tensors_of
from paretocli.core.problem import Data, Problem, Samples, Task
from paretocli.core.task import rows_of
from paretocli.errors import InputError
from paretocli.probing.broadcasting import batch_shape


def input_faults(problem: Problem) -> list[InputError]:
    """Inputs that are not finite when they are prepared.

    All samples are looked at, but for data that is read as it is needed: there the first alone.

    Args:
        problem: The problem; its `prepare` runs without an error on the first samples.
    """
    bad: dict[str, list[str]] = {}
    for split, data in problem.splits().items():
        for name, numbers in _not_finite(problem, data).items():
            bad.setdefault(name, []).append(
                f"{len(numbers):,} of {len(data):,} samples of the {split} split (number "
                f"{numbers[0]:,} from 0 first)"
            )
    return [
        InputError(
            f"The inputs{f' {name!r}' if name else ''} are not finite in {', '.join(places)}; "
            "replace what is missing there, or in prepare."
        )
        for name, places in bad.items()
    ]


def _not_finite(problem: Problem, data: Data) -> dict[str, list[int]]:
    """The samples whose prepared inputs are not finite, by the inputs' names."""
    bad: dict[str, list[int]] = {}
    for start, samples in _chunks(data, problem.evaluation_batch):
        for name, tensor in tensors_of(problem.prepare(samples.inputs)).items():
            # Samples may be single numbers: (B,).
            rows = (~tensor.isfinite()).unsqueeze(-1).flatten(1).any(dim=1).nonzero().flatten()
            if len(rows):
                bad.setdefault(name, []).extend((start + rows).tolist())
    return bad


def target_faults(problem: Problem, outputs: Sequence[Several]) -> list[InputError]:
    """Targets on which a loss fails or is not finite.

    Args:
        problem: The problem.
        outputs: What its network gives for some samples, one (B, …) a task: they stand for
            the outputs of all samples, so that the network need not compute them.
    """
    found = []
    for number, (task, output) in enumerate(zip(problem.tasks, outputs, strict=True)):
        wrong = {}
        for split, data in problem.splits().items():
            for start, samples in _chunks(data, problem.evaluation_batch):
                target = samples.targets[number]
                what = _wrong(task, output, target)
                if what:
                    last = start + len(samples) - 1
                    wrong[split] = (
                        f"The loss of task {task.name} {what} on samples {start:,} to {last:,} of "
                        f"the {split} split, whose targets are {_ranges(target)} and whose outputs "
                        f"{_shapes(output)}"
                    )
                    break
        if wrong:
            first, *others = wrong
            also = f", and likewise in {' and '.join(others)}" if others else ""
            found.append(InputError(f"{wrong[first]}{also}; correct the targets or the loss."))
    return found


@torch.no_grad()
def _wrong(task: Task, output: Several, target: Several) -> str:
    """What a loss does with targets, and outputs repeated for them, if it does not work."""
    target = rows_of(target, task.labelled(target).nonzero().flatten())
    count = sample_count(target)
    if count == 0:
        return ""
    try:
        rows = torch.arange(count) % sample_count(output)
        loss = task.mean_loss(rows_of(output, rows), target)
    except Exception as error:  # whatever a loss of somebody's own raises
        message = (str(error).strip().splitlines() or ["(no message)"])[0].removesuffix(".")
        return f"raises {type(error).__name__} ({message})"
    return "" if loss.isfinite() else f"is {float(loss)} before training"


def _chunks(data: Data, size: int) -> Iterator[tuple[int, Samples]]:
    """Samples, and the number of the first of them."""
    end = len(data) if isinstance(data, Samples) else min(size, len(data))
    for start in range(0, end, size):
        yield start, data.rows(slice(start, min(start + size, end)))


def _shapes(output: Several) -> str:
    parts = tensors_of(output).items()
    return ", ".join(f"{name} {batch_shape(tensor)}".lstrip() for name, tensor in parts)


def _ranges(target: Several) -> str:
    parts = tensors_of(target).items()
    return ", ".join(f"{name} {_range(tensor)}".lstrip() for name, tensor in parts)


def _range(target: Tensor) -> str:
    kind = f"{batch_shape(target)} of {str(target.dtype).removeprefix('torch.')}"
    finite = target[target.isfinite()]
    if finite.numel() == 0:
        return f"{kind}, none of them finite"
    rest = "" if finite.numel() == target.numel() else ", not all of them finite"
    return f"{kind} from {finite.min():.4g} to {finite.max():.4g}{rest}"
