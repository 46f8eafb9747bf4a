"""What can be wrong with what a network returns."""

from typing import Any

from torch import Tensor

from paretocli.core.inputs import floats_of, refuse_other_forms, tensors_of
from paretocli.core.outputs import (
    OtherOutputsError,
    Outputs,
    as_floats,
    output_names,
    outputs_by_task,
)
from paretocli.core.problem import Problem, Task
from paretocli.errors import InputError
from paretocli.probing.beside import refuse_wrong_auxiliary


def checked_outputs(problem: Problem, returned: Any, samples: int) -> Outputs:
    """One output a task, in single precision, from what a network returned.

    Args:
        problem: The problem.
        returned: What its network gave.
        samples: Of how many samples.

    Raises:
        InputError: It is not one output a task, or one of them has not the form of an output.
    """
    who = f"The network of problem {problem.name}"
    count = len(problem.tasks)
    try:
        outputs = outputs_by_task(returned, problem.objectives)
    except OtherOutputsError as error:
        raise InputError(f"{who} returned {error}, one for each task; mend its forward.") from None
    if len(outputs) != count:
        raise InputError(
            f"{who} returned {len(outputs)} where a tuple or list of {count} outputs was expected, "
            "one for each task; mend its forward."
        )
    for task, output in zip(problem.tasks, outputs, strict=True):
        _refuse_other_output(who, task, output, samples)
    names = output_names(problem.objectives, outputs)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"{who} returned two tensors that would both be named {twice}; rename a task or a part."
        )
    refuse_wrong_auxiliary(problem, returned, samples)
    return tuple(map(as_floats, outputs))


def _refuse_other_output(who: str, task: Task, output: Any, samples: int) -> None:
    if not isinstance(output, tuple | dict | Tensor):
        raise InputError(
            f"{who} returned {type(output).__name__} for task {task.name} where a tensor of real "
            "numbers was expected, or a tuple or dictionary of such tensors; mend its forward."
        )
    refuse_other_forms(output, f"What the network returns for task {task.name}")
    for name, tensor in tensors_of(output).items():
        part = f" in {name!r}" if name else ""
        if tensor.is_complex():
            raise InputError(
                f"{who} returned {tensor.dtype} for task {task.name}{part} where a tensor of real "
                "numbers was expected; mend its forward."
            )
        if name and (tensor.dim() == 0 or len(tensor) != samples):
            raise InputError(
                f"{who} returned the shape {tuple(tensor.shape)} for task {task.name}{part} and "
                f"{samples} samples; all tensors of an output should be (B, …), as "
                "tensor.expand(len(inputs)) makes one of a number."
            )
    if not isinstance(output, Tensor) and not floats_of(output):
        raise InputError(
            f"{who} returned no numbers with a fraction for task {task.name}, so that nothing "
            "could be learned; mend its forward."
        )
