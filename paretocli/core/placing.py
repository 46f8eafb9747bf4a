"""Functions of a problem that hold tensors of their own, on the device where they compute."""

import copy
import dataclasses
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map

from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.metric import Metric
from paretocli.core.task import Task


def placed(task: Task, device: torch.device) -> Task:
    """A task whose functions compute on a device.

    Weights of classes and the like go there, where a function is a module, or a `functools.partial`
    that was given them. What others hold cannot be seen: they have to make it where their arguments
    are.

    Args:
        task: The task; it stays as it is.
        device: Where its outputs and targets will be.
    """
    if device.type == "cpu":
        return task
    metrics = {name: _metric(metric, device) for name, metric in task.metrics.items()}
    loss, weight = (placed_function(function, device) for function in (task.loss, task.weight))
    changed = dataclasses.replace(task, loss=loss, weight=weight, metrics=metrics)
    _ = changed.all_metrics  # what is compiled would be compiled again where it is not yet known
    return changed


def _metric(metric: Any, device: torch.device) -> Any:
    if not isinstance(metric, Metric):
        return placed_function(metric, device)
    if metric.of_whole:  # worked out on the CPU
        return metric
    statistics, figure = (
        placed_function(part, device) for part in (metric.statistics, metric.figure)
    )
    return dataclasses.replace(metric, statistics=statistics, figure=figure)


def placed_function(function: Any, device: torch.device) -> Any:
    """A function that computes on a device, as far as what it holds can be seen.

    Args:
        function: A module or a `functools.partial` goes there, as a copy; others stay.
        device: Where its arguments will be.
    """
    if isinstance(function, nn.Module):
        there = torch.empty(0, device=device).device  # with its number, as tensors have it
        tensors = chain(function.parameters(), function.buffers())
        if all(tensor.device == there for tensor in tensors):
            return function
        return copy.deepcopy(function).to(device)
    if isinstance(function, LossOfMeans):
        statistics, figure = (
            placed_function(part, device) for part in (function.statistics, function.figure)
        )
        return dataclasses.replace(function, statistics=statistics, figure=figure)
    if isinstance(function, partial):
        move: Callable[[Any], Any] = partial(_argument, device=device)
        arguments, named = tree_map(move, (function.args, function.keywords))
        return partial(placed_function(function.func, device), *arguments, **named)
    return function


def _argument(value: Any, *, device: torch.device) -> Any:
    return value.to(device) if isinstance(value, Tensor) else placed_function(value, device)
