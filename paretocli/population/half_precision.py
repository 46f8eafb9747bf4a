"""Numbers of 16 bits in the forward pass."""

from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase


def half_precision(
    device: torch.device, kind: torch.dtype | None, *, scaled: bool
) -> torch.autocast:
    """The context in which a network computes.

    Args:
        device: Where.
        kind: In which numbers where torch thinks it safe; None for single precision alone.
        scaled: Whether gradients are scaled where they have to be. Those in fp16 would vanish
            without, so it is not for what scales none.
    """
    if kind == torch.float16 and not scaled:
        kind = None
    return torch.autocast(device.type, kind or torch.bfloat16, enabled=kind is not None)


def stackable(network: nn.Module, kind: torch.dtype | None) -> nn.Module:
    """The network, whose normalisation gets single precision where others get numbers of 16 bits.

    As torch has it for the norms of layers and groups. That of batches takes a mixture of both,
    but not under `vmap`.
    """
    if kind is not None:
        for module in network.modules():
            if isinstance(module, _NormBase):
                module.register_forward_pre_hook(_in_single_precision)
    return network


def _in_single_precision(module: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    inputs, *others = given
    return (inputs.float(), *others)
