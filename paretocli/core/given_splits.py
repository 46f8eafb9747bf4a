"""What was handed over as a split of the data: samples, or something else that people have."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader

from paretocli.core.inputs import refuse_other_forms, tensors_of
from paretocli.core.missing import refuse_impossible
from paretocli.core.samples import Samples
from paretocli.core.task import Task
from paretocli.errors import InputError

# What data has that is read as it is needed; `len` is looked for apart.
PROTOCOL = ("rows", "to", "checksum")


def refuse_no_data(data: Any, where: str) -> None:
    """Refuse what is neither `Samples` nor follows the protocol `Data`.

    Args:
        data: Whatever somebody gave.
        where: As which split, at the start of the sentence.

    Raises:
        InputError: It is so.
    """
    if isinstance(data, Samples):
        return
    lacking = [name for name in PROTOCOL if not callable(getattr(data, name, None))]
    # Tensors and data frames have a few of these names by chance.
    if not lacking and hasattr(data, "__len__") and not isinstance(data, Tensor):
        return
    raise InputError(f"{where} is of type {type(data).__name__}; {_instead(data)}.")


def _instead(data: Any) -> str:
    if isinstance(data, DataLoader):
        return (
            "hand over its data set, as LazySamples(loader.dataset, collate=loader.collate_fn) or, "
            "held in memory, Samples.of(loader.dataset)"
        )
    if isinstance(data, Tensor | np.ndarray):
        return "inputs and targets go together, as Samples.of(inputs, (target, …))"
    if hasattr(data, "columns"):
        return "say which columns are targets, as Samples.of(frame, targets=(column, …))"
    if isinstance(data, tuple):
        return "make samples of it, as Samples.of(inputs, (target, …))"
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        return (
            "make samples of it: Samples.of(dataset) in memory, LazySamples(dataset) as they are "
            "needed"
        )
    return (
        "it should be Samples, LazySamples, or an object with the methods of paretocli.Data: "
        f"__len__, {', '.join(PROTOCOL)}"
    )


def refuse_wrong_split(data: Any, split: str, problem: str, tasks: Sequence[Task]) -> None:
    """Refuse a split whose inputs and targets do not fit each other, or the tasks.

    Args:
        data: It.
        split: Its name.
        problem: The problem's, for a message.
        tasks: Of the problem.

    Raises:
        InputError: It is no data, is empty, or holds something else than as many inputs as targets
            of each task.
    """
    where = f"The {split} split of problem {problem}"
    refuse_no_data(data, where)
    if isinstance(data, Samples):
        refuse_other_forms(data.inputs, f"The inputs of the {split} split of {problem}")
    if len(data) == 0:
        raise InputError(f"{where} is empty; every split needs at least one sample.")
    samples = data if isinstance(data, Samples) else data.rows(slice(1))
    for name, tensor in tensors_of(samples.inputs).items():
        if len(tensor) != len(samples):
            raise InputError(
                f"{where} has {len(samples)} samples in one of its inputs, but {len(tensor)} "
                f"in {name!r}; they should be equally many."
            )
    if len(samples.targets) != len(tasks):
        raise InputError(
            f"{where} has {len(samples.targets)} targets for {len(tasks)} tasks; "
            "give one for each task."
        )
    for task, target in zip(tasks, samples.targets, strict=True):
        refuse_other_forms(target, f"The targets of task {task.name} in the {split} split")
        for name, tensor in tensors_of(target).items():
            if len(tensor) != len(samples):
                of_part = f" in {name!r}" if name else ""
                raise InputError(
                    f"{where} has {len(samples)} inputs, but {len(tensor)} targets of task "
                    f"{task.name}{of_part}; they should be equally many."
                )
        refuse_impossible(
            task.name, task.missing, target, f"the {split} split of problem {problem}"
        )
