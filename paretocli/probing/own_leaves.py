"""Parameters that a function computes with and that no training would change.

Only the parameters of the network are trained. Those of a loss, such as learned variances, would
stay as they start without a word. What a function keeps where does not matter: the graph that it
leaves for the backward pass tells.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Inputs, Several, tensors_of
from paretocli.core.problem import Task
from paretocli.errors import InputError

NAMED = 3  # parameters that a sentence names


def refuse_loss_parameters(task: Task, output: Several, target: Several) -> None:
    """Refuse a loss with trainable parameters of its own.

    Args:
        task: The task.
        output: (B, …), without a gradient.
        target: (B, …).

    Raises:
        InputError: The loss has a gradient although its output has none, or the samples' weights
            have one.
    """
    functions: dict[str, Callable[[], Any]] = {"loss": lambda: task.loss(output, target)}
    weight = task.weight
    if weight is not None:
        functions["weight"] = lambda: weight(target)
    for what, function in functions.items():
        if own := _kept_leaves(function):
            raise InputError(
                f"The {what} of task {task.name} has trainable parameters of its own "
                f"({_named(own, getattr(task, what))}), which training would leave as they start, "
                "for it trains the network alone; make them parameters of the network, which "
                "returns them with the task's output, or freeze them (requires_grad=False)."
            )


def refuse_gradient(inputs: Inputs, what: str) -> None:
    """Refuse prepared inputs that depend on something trainable.

    Args:
        inputs: What a function of the problem returned.
        what: Which function that is, as the beginning of a sentence.

    Raises:
        InputError: They have a gradient.
    """
    if any(tensor.requires_grad for tensor in tensors_of(inputs).values()):
        raise InputError(
            f"{what} has a gradient, but training changes the network's parameters alone; do what "
            "is to be learned in the network, or freeze it (requires_grad=False)."
        )


def _kept_leaves(function: Callable[[], Any]) -> list[Tensor]:
    """The leaves of a result's graph that are there before the call, not made by it."""
    with torch.enable_grad(), torch.random.fork_rng(devices=[]):
        first, second = _leaves(function()), _leaves(function())
    return [leaf for leaf in first if any(leaf is other for other in second)]


def _leaves(result: Any) -> list[Tensor]:
    found, seen = [], set()
    if isinstance(result, Tensor) and result.is_leaf and result.requires_grad:
        found.append(result)
    waiting = [getattr(result, "grad_fn", None)]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        waiting.extend(function for function, _ in node.next_functions)
    return found


def _named(leaves: list[Tensor], function: object) -> str:
    """Their names where the function is a module, else their shapes."""
    names = {}
    if isinstance(function, nn.Module):
        names = {id(parameter): name for name, parameter in function.named_parameters()}
    words = [
        names.get(id(leaf)) or (f"of shape {tuple(leaf.shape)}" if leaf.dim() else "a number")
        for leaf in leaves
    ]
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return ", ".join(words[:NAMED]) + more
