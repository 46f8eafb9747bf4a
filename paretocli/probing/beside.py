"""What a network returns beside its tasks' outputs: auxiliary losses, and what nobody asked for."""

from typing import Any

import torch
from torch import Tensor, nn

from paretocli.core.inputs import call
from paretocli.core.outputs import by_name
from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.lists import some_of


def refuse_wrong_auxiliary(problem: Problem, returned: Any, samples: int) -> None:
    """Refuse auxiliary losses that a network does not return, or in another form.

    Args:
        problem: The problem.
        returned: What its network gave.
        samples: Of how many samples.

    Raises:
        InputError: One is not there by its name, or is not one finite number, or one a sample.
    """
    who = f"The network of problem {problem.name}"
    named = by_name(returned)
    if problem.auxiliary and named is None:
        raise InputError(
            f"{who} returned {type(returned).__name__}, in which no auxiliary loss can be found; "
            "let its forward return a dictionary with the names of the tasks and of "
            f"{some_of(list(problem.auxiliary))}."
        )
    for name in problem.auxiliary:
        assert named is not None
        if name not in named:
            found = some_of([str(one) for one in named]) or "nothing"
            raise InputError(
                f"{who} returned {found} without the auxiliary loss {name}; let its forward "
                "return that too, in training and in evaluation, or leave the loss out "
                f"(--auxiliary {name}=0)."
            )
        value = named[name]
        if not isinstance(value, Tensor) or value.is_complex():
            kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise InputError(
                f"{who} returned {kind} as the auxiliary loss {name} where a tensor of one real "
                "number, or of one a sample, was expected; mend its forward."
            )
        if value.shape not in {(), (samples,)}:
            raise InputError(
                f"{who} returned the shape {tuple(value.shape)} as the auxiliary loss {name} for "
                f"{samples} samples; it should be one number, (), or one a sample, ({samples},)."
            )
        if not bool(value.isfinite().all()):
            shown = value[~value.isfinite()][0] if value.dim() else value
            raise InputError(
                f"The auxiliary loss {name} of problem {problem.name} is {float(shown)} before "
                "training; compute it so that it is finite."
            )


@torch.no_grad()
def auxiliary_at_start(problem: Problem, network: nn.Module, rows: int) -> dict[str, float]:
    """The auxiliary losses of some training samples, by name.

    Args:
        problem: The problem, which passed its rehearsal.
        network: Its network, on the CPU; it is left in evaluation mode.
        rows: Samples to try it on.
    """
    named = _returned(problem, network, rows)
    return {name: float(named[name].float().mean()) for name in problem.auxiliary}


@torch.no_grad()
def unasked_note(problem: Problem, network: nn.Module, rows: int) -> list[str]:
    """A note on what a network returns by names that are neither tasks nor auxiliary losses.

    Args:
        problem: The problem, which passed its rehearsal.
        network: Its network, on the CPU; it is left in evaluation mode.
        rows: Samples to try it on.
    """
    named = _returned(problem, network, rows)
    known = {*problem.objectives, *problem.auxiliary}
    others = [str(name) for name in named if name not in known]
    if not others or not known & named.keys():
        return []
    verb, what = ("is", "that is") if len(others) == 1 else ("are", "those are")
    return [
        f"The network also returns {some_of(others)}, which {verb} neither a task nor an auxiliary "
        f"loss and left alone; if {what} to be trained on, name it in Problem(auxiliary=…)."
    ]


def _returned(problem: Problem, network: nn.Module, rows: int) -> dict[str, Any]:
    """What a network returns by name for some training samples; nothing where it does not."""
    samples = problem.train.rows(problem.some_rows("train", rows))
    with torch.random.fork_rng(devices=[]):
        return by_name(call(network.eval(), problem.prepare(samples.inputs))) or {}
