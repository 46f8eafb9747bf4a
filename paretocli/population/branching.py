"""A population that starts as one network and branches: what is common is computed once."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from torch import Tensor

EACH = "each_network"
"""The name of a list, in a state, that has an entry for each network."""


@dataclass(frozen=True)
class Stage:
    """A time in which the same networks train.

    Attributes:
        first_epoch: Epochs that come before it.
        groups: The network that stands for each subproblem (K,), numbered from 0.
    """

    first_epoch: int
    groups: tuple[int, ...]

    @property
    def networks(self) -> int:
        """How many there are."""
        return max(self.groups) + 1

    def members(self, network: int) -> list[int]:
        """The subproblems that a network stands for."""
        return [member for member, group in enumerate(self.groups) if group == network]


def stages(
    weights: npt.NDArray[np.float64], branch_at: Sequence[float], epochs: int
) -> tuple[Stage, ...]:
    """When the population branches, and who stays together until then.

    With b branchings there are K^(i/b) networks after the i-th, rounded. Subproblems that stay
    together have weights close to each other (Ward's clusters, each inside one of the stage
    before).

    Args:
        weights: w (K, m).
        branch_at: The shares of training at which it branches, rising, between 0 and 1.
        epochs: Of training.
    """
    count = len(weights)
    tree = linkage(weights, method="ward") if count > 1 else None
    found = [Stage(0, (0,) * count)]
    for number, share in enumerate(branch_at, start=1):
        networks = round(count ** (number / len(branch_at)))
        first_epoch = min(max(round(share * epochs), 1), epochs - 1)
        if networks == count or tree is None:
            groups = tuple(range(count))
        else:
            clusters = fcluster(tree, networks, criterion="maxclust")
            groups = _in_order_of_appearance(clusters.tolist())
        if found[-1].first_epoch == first_epoch:
            found.pop()
        found.append(Stage(first_epoch, groups))
    return tuple(found)


def branched(state: Any, index: Tensor) -> Any:
    """A state of G networks as that of more: member k goes on from network `index[k]`.

    Args:
        state: Dictionaries and lists of tensors with the network on the leading axis, and of what
            all networks share: numbers, and tensors without axes. A list named `EACH` has an entry
            for each network.
        index: (K,), numbers below G.
    """
    if isinstance(state, Tensor):
        return state[index.to(state.device)] if state.dim() else state
    if isinstance(state, dict):
        return {
            key: [copy.deepcopy(value[origin]) for origin in index.tolist()]
            if key == EACH
            else branched(value, index)
            for key, value in state.items()
        }
    if isinstance(state, list):
        return [branched(value, index) for value in state]
    return state


def index_between(before: Stage, after: Stage) -> Tensor:
    """For each network of a stage, the network of the stage before that it comes from (G,)."""
    origin = [before.groups[after.members(network)[0]] for network in range(after.networks)]
    return torch.tensor(origin)


def mean_weights(stage: Stage, weights: Tensor) -> Tensor:
    """The mean weights (G, m) of the subproblems (K, m) that each network stands for."""
    return torch.stack([weights[stage.members(n)].mean(dim=0) for n in range(stage.networks)])


def _in_order_of_appearance(labels: Sequence[int]) -> tuple[int, ...]:
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(label, len(numbers)) for label in labels)
