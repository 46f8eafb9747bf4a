"""Which direction of a problem's metrics is better."""

from functools import partial
from typing import Any

from paretocli.core.metric import Metric
from paretocli.core.metric_names import Direction, known_direction
from paretocli.core.problem import Problem


def metric_directions(problem: Problem) -> dict[str, Direction | None]:
    """The better direction of each metric, by `<metric>_<task>`; None where nobody says."""
    return {
        f"{name}_{task.name}": metric_direction(name, metric)
        for task in problem.tasks
        for name, metric in task.all_metrics.items()
    }


def metric_direction(name: str, metric: Metric) -> Direction | None:
    """The better direction of a metric as it is declared, or else by whole names.

    Objects as torchmetrics has them declare it themselves. Otherwise the name in the problem and
    that of the function are looked up; where they contradict each other, nothing is known.

    Args:
        name: What the problem calls it.
        metric: What it is.
    """
    declared = metric.higher_is_better
    if declared is None:
        declared = getattr(metric.function, "higher_is_better", None)
    if isinstance(declared, bool):
        return "higher" if declared else "lower"
    known = {known_direction(name), known_direction(_name_of(metric.function))} - {None}
    return known.pop() if len(known) == 1 else None


def _name_of(function: Any) -> str:
    """A function's own name, empty where it has none."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__name__", ""))
