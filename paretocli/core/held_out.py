"""Validation data where none is given: cut off the training data."""

import torch
from torch import Tensor

from paretocli.core.samples import Data
from paretocli.errors import InputError

SHARE = 0.1
SEED = 0


def cut_off(train: Data, name: str) -> tuple[Tensor, Tensor]:
    """Numbers of the samples that are left for training, and of a tenth at random, always the same.

    Args:
        train: The training split.
        name: Of the problem, for the message.

    Raises:
        InputError: There is just one sample.
    """
    count = len(train)
    if count < 2:
        raise InputError(
            f"The train split of problem {name} has {count} samples, of which none can be cut off "
            "for validation; give val= too."
        )
    order = torch.randperm(count, generator=torch.Generator().manual_seed(SEED))
    cut = max(1, round(SHARE * count))
    # In the order in which they lie: that is how they are read fastest.
    return order[cut:].sort().values, order[:cut].sort().values


def cut_note(name: str, train: Data, val: Data) -> str:
    """What whoever trains on the rest should know, a sentence."""
    return (
        f"Problem {name} has no validation split: {len(val):,} of its {len(train) + len(val):,} "
        "training samples, drawn at random, are that, and are not trained on."
    )
