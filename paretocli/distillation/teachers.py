"""The teachers' side of distillation: networks that each know one task."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Inputs, call
from paretocli.distillation.features import Features


class Teachers:
    """One trained network a task, and how much the student heeds them.

    Args:
        networks: In the order of the tasks; they are left in evaluation mode.
        module: The name of the module whose features are compared.
        strength: γ.
        device: Where they compute.
    """

    def __init__(
        self, networks: Sequence[nn.Module], module: str, *, strength: float, device: torch.device
    ) -> None:
        self.networks = [network.to(device).eval() for network in networks]
        self.strength = strength
        self._features = [Features(network, module) for network in self.networks]

    @torch.no_grad()
    def features(self, inputs: Inputs) -> tuple[Tensor, ...]:
        """What each teacher makes of prepared inputs (B, …): features (B, …), one a task."""
        found = []
        for network, features in zip(self.networks, self._features, strict=True):
            call(network, inputs)
            found.append(features.taken())
        return tuple(found)

    def added(self, losses: Tensor) -> Tensor:
        """The tasks' losses with their teachers' terms, and auxiliary losses after them (K, T + a).

        Args:
            losses: All apart, the terms of the teachers last (K, T + a + T).
        """
        tasks = len(self.networks)
        of_tasks, others, of_teachers = losses.tensor_split((tasks, losses.shape[1] - tasks), dim=1)
        return torch.cat([of_tasks + self.strength * of_teachers, others], dim=1)
