"""What makes samples no split of a problem's data."""

from collections.abc import Sequence

from paretocli.core.given_splits import refuse_no_data
from paretocli.core.inputs import refuse_other_forms, tensors_of
from paretocli.core.missing import refuse_impossible
from paretocli.core.samples import Data, Samples
from paretocli.core.splits import Split
from paretocli.core.task import Task
from paretocli.errors import InputError


def refuse_other_samples(data: Data, tasks: Sequence[Task], split: Split, name: str) -> None:
    """Refuse a split whose inputs and targets are not as the tasks need them.

    Of data that is read as it is needed the first sample tells.

    Args:
        data: The split.
        tasks: The problem's tasks.
        split: Which one it is.
        name: Of the problem, for the message.

    Raises:
        InputError: It is no data, is empty, or has other inputs or targets.
    """
    where = f"The {split} split of problem {name}"
    refuse_no_data(data, where)
    if isinstance(data, Samples):
        refuse_other_forms(data.inputs, f"The inputs of the {split} split of {name}")
    if len(data) == 0:
        raise InputError(f"{where} is empty; every split needs at least one sample.")
    samples = data if isinstance(data, Samples) else data.rows(slice(1))
    for part, tensor in tensors_of(samples.inputs).items():
        if len(tensor) != len(samples):
            raise InputError(
                f"{where} has {len(samples)} samples in one of its inputs, but {len(tensor)} in "
                f"{part!r}; they should be equally many."
            )
    if len(samples.targets) != len(tasks):
        raise InputError(
            f"{where} has {len(samples.targets)} targets for {len(tasks)} tasks; give one for each "
            "task."
        )
    for task, target in zip(tasks, samples.targets, strict=True):
        refuse_other_forms(target, f"The targets of task {task.name} in the {split} split")
        for part, tensor in tensors_of(target).items():
            if len(tensor) != len(samples):
                of_part = f" in {part!r}" if part else ""
                raise InputError(
                    f"{where} has {len(samples)} inputs, but {len(tensor)} targets of task "
                    f"{task.name}{of_part}; they should be equally many."
                )
        refuse_impossible(task.name, task.missing, target, f"the {split} split of problem {name}")
