"""Data, tasks and a network: one file a problem.

A problem of your own is a function that returns a `Problem`; see `paretocli.core.problem`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paretocli.core.description import Description, Feature
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

_PLACES = {
    "description": ("Description", "Feature"),
    "prediction": ("Classes", "Count", "Number"),
}

__all__ = [
    "Classes",
    "Count",
    "Data",
    "Defaults",
    "Description",
    "Feature",
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
        from importlib import import_module  # noqa: PLC0415 - nobody needs it before

        place = next((place for place, names in _PLACES.items() if name in names), "problem")
        return getattr(import_module(f"paretocli.core.{place}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
