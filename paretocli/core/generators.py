"""Torch's random generators, kept as they are while something else draws."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch

from paretocli.core.accelerators import random_state, set_random_state


@contextmanager
def generators_kept(device: torch.device) -> Iterator[None]:
    """Afterwards the generators of the CPU and of a device are as they were.

    That of a GPU that is lost meanwhile is left, for what lost it is to be told.
    """
    on_cpu, on_gpu = torch.get_rng_state(), random_state(device)
    try:
        yield
    finally:
        torch.set_rng_state(on_cpu)
        if on_gpu is not None:
            with suppress(RuntimeError):
                set_random_state(on_gpu, device)
