"""The tensors of K copies of one network."""

from functools import partial

import torch
from torch import Tensor, nn

from paretocli.population.layout import stacks, takes_channels_last


class Copies:
    """Parameters and buffers with K on the leading axis; all K start as the network is.

    Parameters that the network has frozen (`requires_grad` is false) stay as they are, with the
    buffers.

    Args:
        network: What is copied.
        size: K.
        device: Where the copies compute.

    Attributes:
        changing: Names of the buffers that are no parameters, which a forward pass may change.
    """

    def __init__(self, network: nn.Module, size: int, *, device: torch.device) -> None:
        self.size = size
        self.device = device
        self._network = network.to(device)
        named = list(network.named_parameters())
        self._channels_last = takes_channels_last(network, device)
        stacked_tensors = partial(stacks, size=size, channels_last=self._channels_last)
        self.parameters = stacked_tensors([(n, p) for n, p in named if p.requires_grad])
        frozen = [(n, p) for n, p in named if not p.requires_grad]
        self.buffers = stacked_tensors([*frozen, *network.named_buffers()])
        self.changing = tuple(name for name, _ in network.named_buffers())
        for parameter in self.parameters.values():
            parameter.requires_grad_()

    @property
    def network(self) -> nn.Module:
        """What computes for all copies; its own tensors are of no use."""
        return self._network

    def move(self, device: torch.device) -> dict[int, Tensor]:
        """Have all tensors wait on another device, or come back from there, with their gradients.

        Returns:
            The parameters there, by the `id` of those that they take the place of.
        """
        self._network.to(device)
        moved = {id(p): _leaf_on(device, p) for p in self.parameters.values()}
        self.parameters.update({name: moved[id(p)] for name, p in self.parameters.items()})
        self.buffers.update({name: tensor.to(device) for name, tensor in self.buffers.items()})
        return moved

    def finite(self) -> Tensor:
        """Whether all parameters of each copy are finite (K,)."""
        checks = [
            p.detach().reshape(self.size, -1).isfinite().all(dim=1)
            for p in self.parameters.values()
        ]
        return torch.stack(checks).all(dim=0)

    def state_dict(self) -> dict[str, Tensor]:
        """All tensors that make up the networks, by the network's own names, K leading."""
        return {name: t.detach() for name, t in (self.parameters | self.buffers).items()}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take up a state given by `state_dict`."""
        for name, tensor in (self.parameters | self.buffers).items():
            tensor.copy_(state[name])


def _leaf_on(device: torch.device, parameter: Tensor) -> Tensor:
    leaf = parameter.detach().to(device).requires_grad_(parameter.requires_grad)
    leaf.grad = None if parameter.grad is None else parameter.grad.to(device)
    return leaf
