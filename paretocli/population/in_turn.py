"""Stacked networks, each of which has an optimiser of its own."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from paretocli.core.generators import generators_kept
from paretocli.population.branching import EACH
from paretocli.population.optimizer_states import kept_by_one, move, take_up


def one_of(parameters: Mapping[str, Tensor], member: int) -> dict[str, Tensor]:
    """The parameters of one of K networks: leaves that share the memory of the stacked ones."""
    return {n: p.detach()[member].requires_grad_() for n, p in parameters.items()}


class InTurn:
    """K optimisers, used like one of the stacked parameters.

    Whatever an optimiser makes of its gradients and draws at random, no network is told of another.

    Args:
        make: Makes the optimiser of one network, from its parameters by name.
        parameters: The stacked parameters (K, …) of the networks.
    """

    def __init__(
        self, make: Callable[[Mapping[str, Tensor]], Optimizer], parameters: Mapping[str, Tensor]
    ) -> None:
        self._make = make
        self._parameters = dict(parameters)
        first = next(iter(parameters.values()))
        self._device = first.device
        self._networks = [one_of(parameters, member) for member in range(len(first))]
        self.optimizers = [make(own) for own in self._networks]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of one network after the other."""
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def zero_grad(self) -> None:
        """Forget the last step's gradients."""
        for parameter in self._parameters.values():
            parameter.grad = None

    def step(self, without: Sequence[int] = ()) -> None:
        """Change the parameters, by the stacked ones' `grad`.

        Args:
            without: The places of networks that are left out.
        """
        every = list(zip(self._networks, self.optimizers, strict=True))
        for member, (own, optimizer) in enumerate(every):
            for name, parameter in own.items():
                gradient = self._parameters[name].grad
                parameter.grad = None if gradient is None else gradient[member]
            # What is drawn at random is the same for everybody.
            last = member + 1 == len(every)
            with nullcontext() if last else generators_kept(self._device):
                if member not in without:
                    optimizer.step()
            for parameter in own.values():
                parameter.grad = None

    def move(self, parameters: Mapping[int, Tensor], device: torch.device) -> None:
        """Go on with stacked parameters on another device, as `optimizer_states.move`."""
        self._parameters = {name: parameters[id(p)] for name, p in self._parameters.items()}
        there = [one_of(self._parameters, member) for member in range(len(self._networks))]
        for own, new, optimizer in zip(self._networks, there, self.optimizers, strict=True):
            move(optimizer, {id(own[name]): new[name] for name in own}, device)
        self._networks = there

    def state_dict(self) -> dict[str, Any]:
        """The states of all."""
        return {EACH: [optimizer.state_dict() for optimizer in self.optimizers]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state given by `state_dict`.

        Raises:
            Exception: It is none of these networks.
        """
        known = kept_by_one(self._make, self._networks[0])
        for optimizer, one in zip(self.optimizers, state[EACH], strict=True):
            take_up(optimizer, one, known)
