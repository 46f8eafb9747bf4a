"""The tasks of a table's columns of classes, and what is said of them."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor

from paretocli.core.prediction import Classes
from paretocli.core.problem import Task
from paretocli.errors import InputError
from paretocli.problems.class_metrics import class_metrics
from paretocli.problems.label_columns import Labels
from paretocli.problems.table_form import TableForm


def table_classes(name: str, counts: Sequence[int], *, balanced: bool) -> Task:
    """A task with cross-entropy as its loss and the metrics that people have for classes.

    Balanced, a row counts N / (C · N_c) in the loss: those of the C classes that there are for
    training count the same together, as scikit-learn has it. Rows of a class without any count 1.

    King and Zeng, *Logistic Regression in Rare Events Data*, Political Analysis 9 (2001).

    Args:
        name: Name of the task.
        counts: Training rows N_c of each class.
        balanced: Whether classes count the same, and not rows.
    """
    metrics, prediction = class_metrics(), Classes(len(counts))
    if not balanced:
        return Task(
            name,
            loss=F.cross_entropy,
            metrics=metrics,
            outputs=len(counts),
            prediction=prediction,
        )
    there = sum(1 for count in counts if count)
    weights = tuple(sum(counts) / (there * count) if count else 1.0 for count in counts)
    return Task(
        name,
        loss=_cross_entropies,
        metrics=metrics,
        outputs=len(counts),
        weight=partial(_weight, weights=weights),
        lower_bound=0.0,
        prediction=prediction,
    )


def words_of(labels: Labels) -> str:
    """What a column was taken for, and of which class its metrics are."""
    if len(labels.classes) != 2:
        return labels.words
    return f"{labels.words}; auroc, average_precision and f1 are those of {labels.classes[1]}"


def refuse_no_classes(form: TableForm, labels: Sequence[Labels], path: Path) -> None:
    """Refuse what is asked of columns of classes where there are none.

    Raises:
        InputError: It is.
    """
    if form.class_weights != "none" and not any(one.classes for one in labels):
        raise InputError(
            f"--class-weights {form.class_weights} is for classes, and {path} has no target of "
            "classes; leave it out, or say which column is one with --task COLUMN=class."
        )


def _cross_entropies(output: Tensor, target: Tensor) -> Tensor:
    """Cross-entropies (B,) of logits (B, C) and classes (B,)."""
    return F.cross_entropy(output, target, reduction="none")


def _weight(target: Tensor, *, weights: Sequence[float]) -> Tensor:
    """How much samples of classes (B,) count (B,)."""
    # A table of them would have to be copied to the device in every step.
    found = torch.ones_like(target, dtype=torch.float32)
    for number, weight in enumerate(weights):
        found = torch.where(target == number, weight, found)
    return found
