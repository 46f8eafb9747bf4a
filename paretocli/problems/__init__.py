"""Data, tasks and a network: one file a problem.

A problem of your own is a function that returns a `Problem`; see `paretocli.core.problem`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocli.core.prediction import Classes, Count, Number
    from paretocli.core.problem import (
        Data,
        Defaults,
        Metric,
        Problem,
        Samples,
        Task,
        joined,
    )

_PREDICTIONS = ("Classes", "Count", "Number")

__all__ = [
    "Classes",
    "Count",
    "Data",
    "Defaults",
    "Metric",
    "Number",
    "Problem",
    "Samples",
    "Task",
    "joined",
]


def __getattr__(name: str) -> Any:
    """Bring in torch only when one of the classes is asked for, not with the list of problems."""
    if name in __all__:
        from paretocli.core import prediction, problem  # noqa: PLC0415 - they bring torch

        return getattr(prediction if name in _PREDICTIONS else problem, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
