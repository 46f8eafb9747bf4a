"""The mean of multipliers over outer iterations."""

from torch import Tensor

LONGEST = 10
"""Outer iterations that the mean goes over, once there are as many."""


MEAN_NAMES = ("mean_of_multipliers", "outer_iterations")
"""What solvers call the mean (K, m) and its number of outer iterations (K,) in their state.

States of 0.2.0 lack them.
"""


def take_into_mean_(mean: Tensor, count: Tensor, values: Tensor) -> None:
    """Take new values into a running mean, in place.

        n ← min(n + 1, LONGEST)        x̄ ← x̄ + (x − x̄) / n

    The plain mean of the first ones, and from then on one that forgets: the plain mean of all would
    remember what was true of other networks.

    Args:
        mean: x̄ (K, m).
        count: n (K,), 0 where there is no mean yet.
        values: x (K, m).
    """
    count.add_(1).clamp_(max=LONGEST)
    mean.add_((values - mean) / count.unsqueeze(-1))


def known_mean(mean: Tensor, count: Tensor) -> Tensor:
    """The mean (K, m), NaN where nothing has been taken into it."""
    return mean.masked_fill((count == 0).unsqueeze(-1), float("nan"))
