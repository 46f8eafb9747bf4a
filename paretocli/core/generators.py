"""Torch's random generators, kept as they are while something else draws."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch


@contextmanager
def generators_kept(device: torch.device) -> Iterator[None]:
    """Afterwards the generators of the CPU and of a device are as they were.

    That of a GPU that is lost meanwhile is left, for what lost it is to be told.
    """
    on_cpu = torch.get_rng_state()
    on_gpu = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    try:
        yield
    finally:
        torch.set_rng_state(on_cpu)
        if on_gpu is not None:
            with suppress(RuntimeError):
                torch.cuda.set_rng_state(on_gpu, device)
