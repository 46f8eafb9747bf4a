"""Data, tasks and a network: one file a problem.

A problem of your own is a function that returns a `Problem`; see `paretocli.core.problem`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocli.core.problem import (
        Data,
        Defaults,
        Metric,
        Problem,
        Samples,
        Task,
        joined,
    )

__all__ = ["Data", "Defaults", "Metric", "Problem", "Samples", "Task", "joined"]


def __getattr__(name: str) -> Any:
    """Bring in torch only when one of the classes is asked for, not with the list of problems."""
    if name in __all__:
        from paretocli.core import problem  # noqa: PLC0415 - brings torch

        return getattr(problem, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
