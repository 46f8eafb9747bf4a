"""The exponential moving average of networks while they train.

    θ̄ ← d θ̄ + (1 − d) θ,   d = min(decay, t / (t + 9)) after t steps

so that it begins as the network itself and what the first steps were soon counts for little. It
starts anew with each phase of training.

Polyak and Juditsky, *Acceleration of stochastic approximation by averaging*, 1992.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from paretocli.population.copies import Copies
from paretocli.sparsity.layers import over_rows
from paretocli.sparsity.pattern import Pattern, zero_rows

WARM_UP = 9


class Averages:
    """Those of K networks: their parameters, and what batch norm remembers.

    A row that is zero in the network is zero in its average too, or no row would be, and the
    average of one that comes back begins there. Zero rows and ties of a pattern hold.

    Args:
        population: The networks.
        decay: How much of the average stays in a step, at most.
        counted: The names of the layers whose rows may be zero.
        pattern: Zero rows and ties that are to be kept.
    """

    def __init__(
        self,
        population: Copies,
        decay: float,
        counted: Sequence[str] = (),
        pattern: Pattern | None = None,
    ) -> None:
        self._population = population
        self._decay = decay
        self._counted = tuple(counted)
        self._pattern = pattern
        self._steps = 0
        self.tensors = {name: t.clone() for name, t in self._own().items()}
        self._shown: dict[str, Tensor] = {}

    @torch.no_grad()
    def update(self) -> None:
        """Take up the networks after a step."""
        decay = min(self._decay, self._steps / (self._steps + WARM_UP))
        now = self._own()
        begun = {name: ~zero_rows(self.tensors[name]) for name in self._counted}
        for name, tensor in now.items():
            self.tensors[name].lerp_(tensor, 1 - decay)
        for name, there in begun.items():
            average, tensor = self.tensors[name], now[name]
            average.copy_(torch.where(over_rows(there, average), average, tensor))
            average.masked_fill_(over_rows(zero_rows(tensor), average), 0)
        if self._pattern is not None:
            self._pattern.project_(self.tensors)
        self._steps += 1

    @contextmanager
    def shown(self, ended: Tensor) -> Iterator[None]:
        """Meanwhile the networks are their averages.

        Args:
            ended: Whose training has ended (K,): their averages are what they were the last time.
        """
        if ended.any():
            for name, tensor in self.tensors.items():
                back = ended.to(tensor.device)
                tensor[back] = self._shown[name][back]
        self._shown = {name: tensor.clone() for name, tensor in self.tensors.items()}
        now = self._own()
        before = {name: tensor.clone() for name, tensor in now.items()}
        _put(self._shown, now)
        try:
            yield
        finally:
            _put(before, now)

    def move(self, device: torch.device) -> None:
        """Wait on another device, or come back."""
        self.tensors = {name: tensor.to(device) for name, tensor in self.tensors.items()}
        self._shown = {name: tensor.to(device) for name, tensor in self._shown.items()}

    def state_dict(self) -> dict[str, Any]:
        """The state after an epoch, for a checkpoint."""
        return {"steps": self._steps, "tensors": dict(self.tensors)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state given by `state_dict`.

        Raises:
            ValueError: It is of other networks.
        """
        found = state["tensors"]
        if {n: t.shape for n, t in found.items()} != {n: t.shape for n, t in self.tensors.items()}:
            raise ValueError("The averages are of other networks.")
        self._steps = int(state["steps"])
        _put(found, self.tensors)
        self._shown = {name: tensor.clone() for name, tensor in self.tensors.items()}

    def _own(self) -> dict[str, Tensor]:
        """What is averaged of the networks, themselves and no copies."""
        return {n: t for n, t in self._population.state_dict().items() if t.is_floating_point()}


def _put(values: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        tensor.copy_(values[name])
