"""How images and the kernels of convolutions lie in memory, which decides what computes them."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

IMAGE_BATCH_DIMENSIONS = 4
FEW_CHANNELS = range(2, 8)


def takes_channels_last(network: nn.Module, device: torch.device) -> bool:
    """Whether images and kernels of a network may lie with the channels last, which is faster.

    Not so where torch 2.14 writes beyond its memory on a CPU: for the gradient of a 1 × 1 kernel
    with a stride, of few channels.

    Args:
        network: The network.
        device: Where it computes.
    """
    return device.type != "cpu" or not any(map(_writes_beyond, network.modules()))


def _writes_beyond(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.Conv2d)
        and module.kernel_size == (1, 1)
        and max(module.stride) > 1
        and module.in_channels in FEW_CHANNELS
    )


def channels_last(inputs: Tensor) -> Tensor:
    """Images with the channels last in memory, as the kernels of convolutions lie."""
    if inputs.dim() == IMAGE_BATCH_DIMENSIONS:
        return inputs.contiguous(memory_format=torch.channels_last)
    return inputs


def stacks(
    tensors: Iterable[tuple[str, Tensor]], *, size: int, channels_last: bool
) -> dict[str, Tensor]:
    """Copies of each tensor (size, …), by its name.

    Args:
        tensors: With their names.
        size: How many copies.
        channels_last: Whether the kernels of convolutions lie so.
    """
    stacked = {}
    for name, tensor in tensors:
        copies = tensor.detach().expand(size, *tensor.shape)
        if channels_last and tensor.dim() == IMAGE_BATCH_DIMENSIONS:
            # Each convolution's kernel lies in memory with the channels last: the layout decides
            # which kernels run, and this one is the faster.
            moved = copies.new_empty([copies.shape[axis] for axis in (0, 1, 3, 4, 2)])
            stacked[name] = moved.permute(0, 1, 4, 2, 3).copy_(copies)
        else:
            stacked[name] = copies.clone(memory_format=torch.contiguous_format)
    return stacked


def unbound(tensors: dict[str, Tensor]) -> dict[str, tuple[Tensor, ...]]:
    """The K slices of each tensor, whose gradients are put together again in one go."""
    return {name: tensor.unbind(0) for name, tensor in tensors.items()}
