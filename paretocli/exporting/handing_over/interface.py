"""What an exported network takes and gives, as its card says it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from torch import Tensor

from paretocli.core.inputs import Several
from paretocli.core.outputs import flat, output_names
from paretocli.core.prediction import Classes, Count, Number, Prediction
from paretocli.core.problem import Problem, as_float
from paretocli.core.shared_outputs import own_outputs
from paretocli.exporting.source import batch_shape
from paretocli.problems.images import Normalise


def inputs_of(problem: Problem, batch: Mapping[str, Tensor], unread: Sequence[str]) -> Any:
    """What it takes, ready for JSON.

    Args:
        problem: Whose data.
        batch: Some raw inputs (B, …), by the names of the network's arguments.
        unread: Columns that it does not read.
    """
    described = problem.description
    return {
        "tensors": [
            {"name": name, "dtype": _dtype(tensor), "shape": batch_shape(tensor.shape[1:])}
            for name, tensor in batch.items()
        ],
        "before": list(described.preparation),
        "within": _within(problem),
        "columns": list(problem.columns),
        "features": [asdict(one) for one in described.features],
        "unread": list(unread),
    }


def outputs_of(problem: Problem, outputs: Sequence[Several]) -> list[dict[str, Any]]:
    """What it gives, a tensor each, ready for JSON.

    Args:
        problem: Whose tasks.
        outputs: Some (B, …), one a task that has its own.
    """
    own = own_outputs(problem.tasks)
    tasks = {task.name: task for task in problem.tasks}
    found = []
    for name, output in zip(own, outputs, strict=True):
        for place, tensor in zip(output_names([name], [output]), flat([output]), strict=True):
            found.append(
                {
                    "name": place,
                    "task": name,
                    "dtype": _dtype(tensor),
                    "shape": batch_shape(tensor.shape[1:]),
                    "meaning": _meaning(problem, name, tasks[name].prediction),
                    "also_measured": [t.name for t in problem.tasks if t.of == name],
                }
            )
    return found


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _within(problem: Problem) -> str:
    """What the network does to its inputs first, a sentence."""
    prepare = problem.prepare
    if isinstance(prepare, Normalise):
        means, deviations = (
            ", ".join(f"{value:.4g}" for value in values)
            for values in (prepare.means, prepare.deviations)
        )
        return (
            "Pixels are divided by 255 and standardised by channel within the network (means "
            f"{means}; deviations {deviations}): give it bytes."
        )
    if prepare is as_float:
        return "Numbers are taken as they are, in single precision."
    return "What the problem does to a batch before its network (`prepare`) is part of it."


def _meaning(problem: Problem, task: str, prediction: Prediction | None) -> dict[str, Any] | None:
    """What an output says, None where the problem does not say it."""
    match prediction:
        case Classes():
            names = list(problem.description.classes.get(task, ()))
            return {"kind": "classes", "count": prediction.count, "names": names}
        case Number():
            found = {"mean": prediction.mean, "deviation": prediction.deviation}
            return {"kind": "number", **found}
        case Count():
            return {"kind": "count", "mean": prediction.mean}
    return None
