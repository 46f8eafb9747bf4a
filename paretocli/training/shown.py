"""When the test split is measured: it decides nothing, and costs what training could have."""

from torch import Tensor

from paretocli.core.problem import Problem
from paretocli.core.splits import DECIDING
from paretocli.training.reports import Figures

LARGEST_SHARE = 0.05
"""Of an epoch, that measuring the test split after each may take unasked."""

# Samples of a forward pass that one costs of which the gradient is wanted: the backward pass takes
# about twice what the forward pass does.
FORWARD_PASSES = 3


def share_of_epoch(problem: Problem, batch_size: int) -> float:
    """What measuring the test split takes of an epoch of training and validation.

    By the numbers of samples, not timed: the same command has to mean the same.

    Args:
        problem: Whose data it is.
        batch_size: Samples of a step; of an epoch's samples those that fill no batch are left out.
    """
    train, val, test = (len(samples) for samples in problem.splits().values())
    size = min(batch_size, train)
    return test / (FORWARD_PASSES * (train // size * size) + val)


def default_every(problem: Problem, batch_size: int) -> int:
    """After how many epochs the test split is measured where nobody says; 0 for the last alone."""
    return 0 if share_of_epoch(problem, batch_size) > LARGEST_SHARE else 1


def is_measured(epoch: int, every: int) -> bool:
    """Whether the test split is measured after an epoch (from 1), were it not the last."""
    return every > 0 and epoch % every == 0


def deciding(figures: Figures, every: int) -> list[Tensor]:
    """The losses (K, m) after an epoch that decide whether a network has diverged.

    What is not measured after every epoch is not among them, or how often that is would change
    which points there are.

    Args:
        figures: By split.
        every: Epochs after which the test split is measured.
    """
    return [losses for name, (losses, _) in figures.items() if every == 1 or name in DECIDING]
