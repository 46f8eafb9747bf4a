"""Problems that were made in Python, and not from a name: what a run directory says of them."""

import functools
import hashlib
import inspect
from collections.abc import Iterator
from contextlib import suppress
from types import FunctionType, NoneType
from typing import Any

from torch import nn

from paretocli.core.in_order import Part
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.metric import Metric
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.options.declared import declared
from paretocli.problems.asked import SAYS, Asked
from paretocli.problems.source_names import MADE_IN_PYTHON
from paretocli.reading.lazy import LazySamples

PLAIN = (NoneType, bool, int, float, str, tuple)


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


def as_made(problem: Problem, asked: Asked) -> Problem:
    """The problem itself, of which nothing more can be asked.

    Raises:
        InputError: Something was.
    """
    for name in asked.given:
        flag = declared()[name].flag
        raise InputError(f"{flag} {SAYS[name]}, and the problem is made already; leave it out.")
    return problem


def code_checksum(problem: Problem, network: nn.Module) -> dict[str, str]:
    """SHA-256 of the source of a problem's losses, metrics, preparation and networks.

    It is of the functions and classes themselves, not of the files in which they stand: a script
    may change around them, and its sweep goes on. With them go the numbers, texts and functions
    that they enclose or have as defaults, and the settings of modules of torch. What they call by
    a global name, and what has no source in Python, is not seen.
    """
    texts = dict.fromkeys(text for part in _parts(problem, network) for text in _source(part))
    return {"source": hashlib.sha256("\n".join(texts).encode()).hexdigest()} if texts else {}


def _parts(problem: Problem, network: nn.Module) -> Iterator[Any]:
    for task in problem.tasks:
        yield (task.name, task.outputs, task.missing, task.lower_bound)
        if task.of is not None:
            yield task.of
        if isinstance(task.loss, LossOfMeans):
            yield from (task.loss.statistics, task.loss.figure)
        yield from (task.loss, task.weight)
        for metric in task.metrics.values():
            if isinstance(metric, Metric):
                yield from (metric.function, metric.statistics, metric.figure)
            else:
                yield metric
    yield from (problem.prepare, problem.augment)
    if problem.optimizer is not None:
        yield from _optimizer_parts(problem.optimizer)
    for data in problem.splits().values():
        lazy = data.whole if isinstance(data, Part) else data
        if isinstance(lazy, LazySamples):
            yield from (lazy.collate, lazy.augment)
            if isinstance(lazy.augment, nn.Module):  # what it is composed of
                yield repr(lazy.augment)
    yield from problem.networks.values()
    yield from dict.fromkeys(type(module) for module in network.modules())


def _optimizer_parts(hook: Any) -> Iterator[Any]:
    """A hook, and its name: a class of torch's own has no source here."""
    function = hook.func if isinstance(hook, functools.partial) else hook
    found = function if _is_code(function) else type(function)
    yield (found.__module__, found.__qualname__)
    yield hook


def _source(part: Any) -> list[str]:
    """The source of a function or class, and the plain values and functions that it holds."""
    if isinstance(part, PLAIN):
        return [repr(part)]
    if isinstance(part, nn.Module):  # its settings, whoever's it is
        settings = [f"{k}={v!r}" for k, v in sorted(vars(part).items()) if isinstance(v, PLAIN)]
        return [type(part).__qualname__, *settings, *_own_source(type(part))]
    if isinstance(part, functools.partial):
        held = [*part.args, *(value for _, value in sorted(part.keywords.items()))]
        return [repr(sorted(part.keywords)), *_source(part.func), *_of_all(held)]
    found = part if _is_code(part) else type(part)
    return [*_own_source(found), *_of_all(_held(found))]


def _of_all(held: list[Any]) -> list[str]:
    """What is plain or a function among the things that another one holds."""
    known = (*PLAIN, FunctionType, functools.partial)
    return [text for value in held if isinstance(value, known) for text in _source(value)]


def _held(function: Any) -> list[Any]:
    """The defaults and the enclosed values of a function."""
    cells = getattr(function, "__closure__", None) or ()
    named = getattr(function, "__kwdefaults__", None) or {}
    held = [*(getattr(function, "__defaults__", None) or ()), *named.values()]
    for cell in cells:
        with suppress(ValueError):  # not filled yet
            held.append(cell.cell_contents)
    return [value for value in held if value is not function]


def _own_source(found: Any) -> list[str]:
    if (found.__module__ or "").partition(".")[0] in ("torch", "paretocli", "builtins"):
        return []
    try:
        return [inspect.getsource(found)]
    except (OSError, TypeError):
        return []


def _is_code(part: Any) -> bool:
    return inspect.isroutine(part) or inspect.isclass(part)
