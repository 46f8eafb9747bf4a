"""Batch norm: over a batch of which several processes have a part each, and measured anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from paretocli.execution.company import ALONE, Company, Summed


def synchronise(network: nn.Module, company: Company) -> None:
    """Have a network's batch norm in training be that of the samples of all processes."""
    for _, module in batch_norms(network):
        module.__class__ = _synchronised(type(module))
        vars(module)["company"] = company


def batch_norms(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Its batch norm, by name."""
    for name, module in network.named_modules():
        if isinstance(module, _BatchNorm):
            yield name, module


def is_own(module: nn.Module) -> bool:
    """Whether a batch norm computes what torch's does, and not something of somebody's own."""
    forward = type(module).forward
    return forward in {_BatchNorm.forward, _Synchronised.forward}


@contextmanager
def remembering(network: nn.Module) -> Iterator[Callable[[int], None]]:
    """Let batch norm remember the mean of the batches that follow, and nothing of those before.

    Yields:
        What has to be told, before each batch, how many there are with it.
    """
    modules = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    before = [module.momentum for module in modules]

    def weigh(count: int) -> None:
        for module in modules:
            module.momentum = 1 / count

    try:
        yield weigh
    finally:
        for module, momentum in zip(modules, before, strict=True):
            module.momentum = momentum


class _Synchronised(_BatchNorm):
    company: Company = ALONE

    def forward(self, input: Tensor) -> Tensor:
        """Ioffe and Szegedy, *Batch normalization*, ICML 2015, over the batches of all."""
        if not self.training:
            return super().forward(input)
        self._check_input_dim(input)  # type: ignore[no-untyped-call]  # torch has no types here
        axes = [axis for axis in range(input.dim()) if axis != 1]
        shape = [-1 if axis == 1 else 1 for axis in range(input.dim())]
        values = input.float()
        own = values.new_tensor([values.numel() / values.shape[1]])
        sums = _summed(torch.cat([values.sum(dim=axes), own]), self.company)
        mean, count = sums[:-1] / sums[-1], sums[-1].detach()
        apart = values - mean.view(shape)
        variance = _summed(apart.square().sum(dim=axes), self.company) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        normal = apart * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        return normal.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if not self.track_running_stats or self.running_mean is None:
            return
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        momentum = self.momentum
        if momentum is None:  # the mean of all
            momentum = 1.0 / float(self.num_batches_tracked)
        for kept, new in ((self.running_mean, mean), (self.running_var, variance)):
            kept.mul_(1 - momentum).add_(new.to(kept), alpha=momentum)


def _summed(tensor: Tensor, company: Company) -> Tensor:
    whole: Tensor = Summed.apply(tensor, company)
    return whole


def _synchronised(kind: type[nn.Module]) -> type[nn.Module]:
    """The kind of module that checks its inputs as another one does, and computes with all."""
    if issubclass(kind, _Synchronised):
        return kind
    return type(kind.__name__, (_Synchronised, kind), {})
