"""Metrics of which nobody says which direction is better."""

from collections.abc import Iterator

from paretocli.core.directions import metric_direction
from paretocli.core.metric_names import known_direction
from paretocli.core.problem import Problem


def direction_notes(problem: Problem) -> Iterator[str]:
    """What will be asked for, and declarations that contradict the metric's name.

    Args:
        problem: The problem.
    """
    unknown = []
    for task in problem.tasks:
        for name, metric in task.all_metrics.items():
            found, named = metric_direction(name, metric), known_direction(name)
            if found is None:
                unknown.append(f"{name} of {task.name}")
            elif named not in (None, found):
                yield (
                    f"The metric {name} of task {task.name} is better {found}, but most people "
                    f"take that name for one that is better {named}, and so does this program "
                    "where it reads results.csv away from its run directory; rename it."
                )
    if unknown:
        yield (
            f"Whether lower or higher is better is not known of {', '.join(unknown)}: plot-front "
            "and compare will ask for it. Declare it with the metric, as in "
            "Metric.mean(function, higher_is_better=True)."
        )
