"""Explore the Pareto front of deep multi-task learning."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocli.core.known_front import KnownFront
    from paretocli.core.loss_of_means import LossOfMeans
    from paretocli.core.problem import Data, Defaults, Metric, Problem, Samples, Task, joined
    from paretocli.errors import InputError, RunError, StopError
    from paretocli.library.calls import check, compare, export, load_run, sweep, train
    from paretocli.library.run import Run
    from paretocli.library.verifying import verify
    from paretocli.problems.fairness import fairness_task
    from paretocli.reading.lazy import LazySamples

__version__ = "0.2.0"
__all__ = [
    "Data",
    "Defaults",
    "InputError",
    "KnownFront",
    "LazySamples",
    "LossOfMeans",
    "Metric",
    "Problem",
    "Run",
    "RunError",
    "Samples",
    "StopError",
    "Task",
    "__version__",
    "check",
    "compare",
    "export",
    "fairness_task",
    "joined",
    "load_run",
    "sweep",
    "train",
    "verify",
]

# Threads that wait for others sleep, and do not keep a processor from other programs. OpenMP reads
# this once, when torch is imported, so it stands before anything here can import it; processes that
# this one starts take it over. What the user has set stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# With this, products of matrices on a GPU give the same sums each time.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

# Where each name comes from: it is imported when it is asked for, as most of them bring torch.
_PLACES = {
    "paretocli.core.known_front": ("KnownFront",),
    "paretocli.core.loss_of_means": ("LossOfMeans",),
    "paretocli.core.problem": (
        "Data",
        "Defaults",
        "Metric",
        "Problem",
        "Samples",
        "Task",
        "joined",
    ),
    "paretocli.errors": ("InputError", "RunError", "StopError"),
    "paretocli.library.calls": ("check", "compare", "export", "load_run", "sweep", "train"),
    "paretocli.library.run": ("Run",),
    "paretocli.library.verifying": ("verify",),
    "paretocli.problems.fairness": ("fairness_task",),
    "paretocli.reading.lazy": ("LazySamples",),
}


def __getattr__(name: str) -> Any:
    """A name of the library."""
    from importlib import import_module  # noqa: PLC0415 - nobody needs it before

    for place, names in _PLACES.items():
        if name in names:
            return getattr(import_module(place), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
