"""Kernels of torch that have no gradient in evaluation mode, where the certificate needs one."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def differentiable_kernels(*, recurrent: bool) -> Iterator[None]:
    """Leave out kernels that cannot be differentiated.

    The fast path of attention asks whether its parameters want a gradient, and under `vmap` they
    seem not to; it is left out everywhere, so that a network gives the same numbers whether its
    gradients are wanted or not. The recurrent kernels of cuDNN have a gradient in training alone.

    Args:
        recurrent: Whether this is a recurrent network in evaluation mode.
    """
    fast_path, cudnn = torch.backends.mha.get_fastpath_enabled(), torch.backends.cudnn.enabled
    torch.backends.mha.set_fastpath_enabled(False)
    if recurrent and torch.is_grad_enabled():
        torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        torch.backends.cudnn.enabled = cudnn
