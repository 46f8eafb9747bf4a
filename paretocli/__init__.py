"""Explore the Pareto front of deep multi-task learning."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocli.core.problem import Data, Defaults, Metric, Problem, Samples, Task, joined

__version__ = "0.1.0"
__all__ = ["Data", "Defaults", "Metric", "Problem", "Samples", "Task", "__version__", "joined"]

# Threads that wait for others sleep, and do not keep a processor from other programs. OpenMP reads
# this once, when torch is imported, so it stands before anything here can import it; processes that
# this one starts take it over. What the user has set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def __getattr__(name: str) -> Any:
    """What a problem is made of brings torch, so it is imported when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from paretocli.core import problem  # noqa: PLC0415 - brings torch

    return getattr(problem, name)


def __dir__() -> list[str]:
    return __all__
