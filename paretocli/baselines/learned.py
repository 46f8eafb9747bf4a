"""Working out the baselines of a problem: what its training split alone says of each task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from paretocli.baselines.constants import constant
from paretocli.baselines.labelled import Array, Labelled
from paretocli.baselines.measured import Figures, figures_of
from paretocli.baselines.models import MODELS
from paretocli.baselines.said import prediction_of
from paretocli.core.inputs import Several
from paretocli.core.prediction import Classes, Prediction
from paretocli.core.problem import Problem, Samples, Split
from paretocli.core.task import Task
from paretocli.printable import one_line
from paretocli.run_directory.baselines import Baseline

FEW = 1000  # rows; of fewer, where there are more, models would say little


@dataclass(frozen=True)
class Learned:
    """What was worked out.

    Attributes:
        baselines: The kinds of predictors; none where nothing can be predicted in this way.
        notes: What was left out, and why, a sentence each.
    """

    baselines: list[Baseline] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def baselines_of(problem: Problem) -> Learned:
    """What predictors that are no networks reach.

    A constant for each task of which is known what its output says; where inputs are the columns of
    a table (N, D), a linear model and boosted trees too, from the same inputs, labels and weights.
    Large tables are sampled for these. Functions that are minimised have nothing to predict: a
    problem whose front is known has no baselines.

    Args:
        problem: The problem.

    Returns:
        Its baselines, with figures of all splits.
    """
    if problem.front is not None:
        return Learned()
    splits = {name: data for name, data in problem.splits().items() if isinstance(data, Samples)}
    if len(splits) < len(problem.splits()):
        return Learned(notes=["No baselines: the data are read as they are needed."])
    notes: list[str] = []
    tasks = _understood(problem, splits, notes)
    if not tasks:
        return Learned(notes=notes)
    found = [_constants(problem, tasks, splits)]
    features = _features(problem, splits)
    if features is not None:
        found += _models(problem, tasks, splits, features, notes)
    return Learned(found, notes)


def _understood(
    problem: Problem, splits: Mapping[Split, Samples], notes: list[str]
) -> list[Labelled]:
    """The tasks with outputs of their own of which is known what these say."""
    found = []
    for place, task in enumerate(problem.tasks):
        target = splits["train"].targets[place]
        kind = prediction_of(task, [samples.targets[place] for samples in splits.values()])
        if kind is not None and task.of is None:
            known = _labelled(task, kind, target, notes)
            found += [] if known is None else [known]
    return found


def _labelled(task: Task, kind: Prediction, target: Several, notes: list[str]) -> Labelled | None:
    """A task with its training labels; None, and a note, where they are not what it says."""
    weights = task.weights(target).double().numpy()
    rows = np.flatnonzero(weights > 0)
    if not isinstance(target, Tensor) or target.numel() != len(target) or not len(rows):
        what = "one number a sample"
    else:
        labels = target.reshape(-1).numpy()[rows]
        if not isinstance(kind, Classes):
            labels = labels.astype(np.float64)
            if np.isfinite(labels).all():
                return Labelled(task.name, kind, rows, labels, weights[rows])
            what = "finite numbers"
        else:
            whole = not target.is_floating_point()
            if whole and labels.min() >= 0 and labels.max() < kind.count:
                return Labelled(task.name, kind, rows, labels.astype(np.int64), weights[rows])
            what = f"whole numbers below {kind.count}"
    notes.append(f"No baselines of {task.name}: its training labels are not {what}.")
    return None


def _constants(
    problem: Problem, tasks: Sequence[Labelled], splits: Mapping[Split, Samples]
) -> Baseline:
    values = [constant(task) for task in tasks]
    figures: Figures = {}
    for split, samples in splits.items():
        outputs = {
            task.name: task.output(np.broadcast_to(value, (len(samples), *value.shape)))
            for task, value in zip(tasks, values, strict=True)
        }
        figures |= figures_of(problem, split, samples, outputs)
    return {"name": "constant", "figures": figures}


def _features(problem: Problem, splits: Mapping[Split, Samples]) -> dict[Split, Array] | None:
    """The columns of a table as its networks see them (N, D); None where inputs are none."""
    found: dict[Split, Array] = {}
    for split, samples in splits.items():
        if not isinstance(samples.inputs, Tensor) or samples.inputs.dim() != 2:
            return None
        prepared = problem.prepare(samples.inputs)
        if not isinstance(prepared, Tensor) or prepared.dim() != 2:
            return None
        found[split] = prepared.detach().float().numpy()
    return found


def _models(
    problem: Problem,
    tasks: Sequence[Labelled],
    splits: Mapping[Split, Samples],
    features: Mapping[Split, Array],
    notes: list[str],
) -> list[Baseline]:
    """The linear model and the trees of all tasks, as far as there are any."""
    if problem.columns and not problem.generic:
        notes.append("No linear model and no trees: embedded categories are no numbers to them.")
        return []
    found: list[Baseline] = []
    for model in MODELS:
        most = model.most_rows(tasks, features["train"].shape[1])
        if most < min(FEW, *(len(task.rows) for task in tasks)):
            notes.append(f"No {model.words}: there are too many columns and tasks for that.")
            continue
        predict = {}
        for task in tasks:
            try:
                predict[task.name] = model.learned(task, features["train"], most)
            except ValueError as error:  # as where rows have a single class
                reason = one_line(str(error).strip().splitlines()[0]).removesuffix(".")
                notes.append(f"No {model.words} for {task.name}: {reason}.")
        figures: Figures = {}
        for split, samples in splits.items():
            known = [task for task in tasks if task.name in predict]
            outputs = {t.name: t.output(predict[t.name](features[split])) for t in known}
            figures |= figures_of(problem, split, samples, outputs)
        one: Baseline = {"name": model.name, "figures": figures}
        sampled = {t.name: [most, len(t.rows)] for t in tasks if len(t.rows) > most}
        found.append(one | {"sampled": sampled} if sampled else one)
    return found
