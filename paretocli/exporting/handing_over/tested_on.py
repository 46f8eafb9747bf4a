"""What the test data says little of: few samples of a class or a group, labels that are missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from paretocli.core.prediction import Classes
from paretocli.core.problem import Problem
from paretocli.exporting.handing_over.each_sample import TaskSamples
from paretocli.exporting.handing_over.group_figures import group_figures
from paretocli.exporting.handing_over.intervals import Figure
from paretocli.exporting.handing_over.recalls import recalls
from paretocli.lists import some_of

FEW = 30  # samples, of which a share is known to a tenth or two


@dataclass(frozen=True)
class Tested:
    """What there is of a task in the test data.

    Attributes:
        labelled: Samples that have a label.
        classes: By class, how many; none without classes.
        groups: By group that is compared, how many; none without.
        by_group: By group, the metrics of the task whose output is compared, by column.
        recall: By class, the share of its samples that the network takes for it; none without
            classes, or of many.
    """

    labelled: int
    classes: dict[str, int]
    groups: dict[str, int]
    by_group: dict[str, dict[str, Figure]]
    recall: dict[str, Figure]


def what_was_tested(
    problem: Problem, samples: Sequence[TaskSamples], measured: Mapping[str, float]
) -> dict[str, Tested]:
    """What there is of each task, by name.

    Args:
        problem: Whose test data.
        samples: Of each task.
        measured: The metrics by column name, as they were measured.
    """
    by_name = {one.task.name: one for one in samples}
    return {name: _of_task(problem, one, by_name, measured) for name, one in by_name.items()}


def _of_task(
    problem: Problem,
    one: TaskSamples,
    others: Mapping[str, TaskSamples],
    measured: Mapping[str, float],
) -> Tested:
    names = problem.description.classes.get(one.task.name, ())
    prediction = one.task.prediction
    classes: dict[str, int] = {}
    recall: dict[str, Figure] = {}
    if one.classes is not None and isinstance(prediction, Classes):
        there = one.classes[one.classes >= 0]
        counts = np.bincount(there, minlength=prediction.count).tolist()
        classes = {_name(names, number): count for number, count in enumerate(counts)}
        recall = recalls(one, [_name(names, number) for number in range(prediction.count)])
    groups: dict[str, int] = {}
    by_group: dict[str, dict[str, Figure]] = {}
    judged = others.get(one.task.of or "")
    if one.groups is not None:
        known = problem.description.groups[one.task.name]
        groups = {name: int((one.groups == n).sum()) for n, name in enumerate(known)}
        if judged is not None:
            found = group_figures(judged, one.groups, len(known), measured)
            by_group = dict(zip(known, found, strict=True))
    return Tested(int((one.places >= 0).sum()), classes, groups, by_group, recall)


def _name(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else str(number)


def limits_of(problem: str, tested: Mapping[str, Tested], count: int) -> list[str]:
    """What of it is little or nothing, a sentence each.

    Args:
        problem: Its name.
        tested: By task.
        count: Of the test samples.
    """
    found = [
        f"It was tested on {count:,} samples of the test split of {problem}, and on nothing else."
    ]
    for name, one in tested.items():
        if one.labelled < count:
            found.append(f"{one.labelled:,} of {count:,} test samples have a label of {name}.")
        for what, counts in (("classes", one.classes), ("groups", one.groups)):
            none = [kind for kind, number in counts.items() if not number]
            few = [f"{kind} ({number})" for kind, number in counts.items() if 0 < number < FEW]
            if none:
                found.append(
                    f"No test sample is of these {what} of {name}: {some_of(none)}; nothing is "
                    "known of them."
                )
            if few:
                found.append(
                    f"Fewer than {FEW} test samples are of these {what} of {name}: {some_of(few)}."
                )
    if not any(one.groups for one in tested.values()):
        found.append(
            "No groups of samples are told apart: how figures differ between parts of the data is "
            "not known."
        )
    return found
