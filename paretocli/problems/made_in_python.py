"""Problems that were made in Python, and not from a name: what a run directory says of them."""

import functools
import hashlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from torch import nn

from paretocli.core.metric import Metric
from paretocli.core.problem import Problem
from paretocli.problems.source_names import MADE_IN_PYTHON


def name_of(problem: Problem) -> str:
    """What stands in place of a source that could be loaded."""
    return f"{MADE_IN_PYTHON}{problem.name}"


def is_made_in_python(source: str) -> bool:
    """Whether a sweep's problem cannot be loaded by its name."""
    return source.startswith(MADE_IN_PYTHON)


def how_to_check(source: str) -> str:
    """What tells more of a problem: a command, or the call of the library."""
    made = is_made_in_python(source)
    return "paretocli.check of that problem" if made else f"paretocli check {source}"


def code_checksum(problem: Problem, network: nn.Module) -> dict[str, str]:
    """SHA-256 of the source of a problem's losses, metrics, preparation and networks.

    It is of the functions and classes themselves, not of the files in which they stand: a script
    may change around them, and its sweep goes on. What they call in turn, and what has no source
    in Python, is not seen.
    """
    texts = dict.fromkeys(text for part in _parts(problem, network) for text in _source(part))
    return {"source": hashlib.sha256("\n".join(texts).encode()).hexdigest()} if texts else {}


def _parts(problem: Problem, network: nn.Module) -> Iterator[Any]:
    for task in problem.tasks:
        yield task.loss
        for metric in task.metrics.values():
            if isinstance(metric, Metric):
                yield from (metric.function, metric.statistics, metric.figure)
            else:
                yield metric
    yield from (problem.prepare, problem.augment)
    yield from problem.networks.values()
    yield from dict.fromkeys(type(module) for module in network.modules())


def _source(part: Any) -> list[str]:
    """The source of a function or class, and of what a partial one holds; none of a library's."""
    if part is None:
        return []
    if isinstance(part, functools.partial):
        return _source(part.func)
    found: Callable[..., Any] | type = part if _is_code(part) else type(part)
    if (found.__module__ or "").partition(".")[0] in ("torch", "paretocli", "builtins"):
        return []
    try:
        return [inspect.getsource(found)]
    except (OSError, TypeError):
        return []


def _is_code(part: Any) -> bool:
    return inspect.isroutine(part) or inspect.isclass(part)
