"""Training samples that are seen more often than others."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from paretocli.errors import InputError

SEED = 0
MOST = 20
"""How often a sample may be seen in an epoch, in the mean."""


def checked_weights(weights: Any, count: int, name: str) -> Tensor:
    """The weights of training samples as numbers (N,) in double precision.

    Args:
        weights: What was given.
        count: How many training samples there are.
        name: Of the problem, for the message.

    Raises:
        InputError: They are no N finite numbers above 0, or too different.
    """
    given = _numbers(weights, name)
    if given.shape != (count,):
        raise InputError(
            f"The train_weights of problem {name} should be one number for each of its {count:,} "
            f"training samples, found {'×'.join(map(str, given.shape)) or 'a single number'}."
        )
    wrong = (~((given > 0) & given.isfinite())).nonzero().flatten().tolist()
    if wrong:
        raise InputError(
            f"The train_weights of problem {name} should be finite numbers above 0, found "
            f"{given[wrong[0]]:g} for sample {wrong[0]}; leave samples out that are not to be seen."
        )
    seen = float((given / given.min()).sum())
    if seen > MOST * count:
        raise InputError(
            f"With the train_weights of problem {name} an epoch would have {seen:,.0f} samples, "
            f"{seen / count:,.0f} for each training sample, where at most {MOST} are possible: the "
            f"smallest weight, {given.min():g}, is too small beside the others; raise it."
        )
    return given


def repeats(weights: Tensor) -> Tensor:
    """Numbers of the samples as an epoch sees them (n,), in a random order, the same each time.

    The sample with the smallest weight is there once, others as often as their weight is a multiple
    of it, in the mean: what is left of that is drawn.

    Args:
        weights: Of the samples (N,), above 0.
    """
    generator = torch.Generator().manual_seed(SEED)
    drawn = torch.rand(len(weights), generator=generator, dtype=torch.float64)
    times = (weights / weights.min() + drawn).floor().long()
    order = torch.repeat_interleave(torch.arange(len(weights)), times)
    return order[torch.randperm(len(order), generator=generator)]


def repeat_note(count: int, seen: int, name: str) -> str:
    """What whoever trains on repeated samples should know, a sentence."""
    return (
        f"An epoch of problem {name} has {seen:,} samples: its {count:,} training samples, some "
        "of them several times, by train_weights; figures of the training data count them so, "
        "those of validation and test data do not."
    )


def _numbers(weights: Sequence[float] | Tensor, name: str) -> Tensor:
    try:
        return torch.as_tensor(weights).to("cpu", torch.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"The train_weights of problem {name} should be one number for each training sample, "
            f"as a sequence, array or tensor, found {type(weights).__name__}."
        ) from error
