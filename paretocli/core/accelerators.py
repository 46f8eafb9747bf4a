"""What devices beside the CPU are asked for; torch has a module for each kind of them."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

UNKNOWN_MEMORY = 2**33
LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container, in bytes
FULL = ("MPS backend out of memory", "can't allocate memory")  # a Mac's GPU, and the CPU


def random_state(device: torch.device) -> Tensor | None:
    """The state of a device's generator; None where it is the CPU, which is asked elsewhere."""
    if device.type not in {"cpu", "meta"}:
        state: Tensor = _module(device).get_rng_state(*_place(device))
        return state
    return None


def set_random_state(state: Tensor, device: torch.device) -> None:
    """Put the generator of a device into a state that `random_state` gave."""
    _module(device).set_rng_state(state, *_place(device))


def seed(device: torch.device, number: int) -> None:
    """Seed the generator of one device, and of no other one; nothing for the CPU."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(number)
    elif device.type != "cpu":
        _module(device).manual_seed(number)


def count(device: torch.device) -> int:
    """How many devices of its kind there are."""
    found: int = _module(device).device_count()
    return found


def wait_for(device: torch.device) -> None:
    """Let a device end what it was told to do."""
    if device.type != "cpu":
        _module(device).synchronize(*_place(device))


def whole_memory(device: torch.device) -> int:
    """Bytes of a device's memory, used or not; on Apple's, what torch says it should take."""
    if device.type == "cpu":
        return machine_memory()
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory())
    return int(_module(device).get_device_properties(device).total_memory)


def machine_memory() -> int:
    """Bytes of this machine's memory; of a container, what it may have."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # no Linux, and no Mac
        found = UNKNOWN_MEMORY
    with suppress(OSError, ValueError):  # "max", or no container
        return min(found, int(LIMIT.read_text()))
    return found


def release(device: torch.device) -> None:
    """Give back to a device what torch keeps of its memory for later."""
    if device.type != "cpu":
        _module(device).empty_cache()


def is_full(error: BaseException) -> bool:
    """Whether an exception says that a device's memory is used up."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error) for words in FULL)
    )


def _module(device: torch.device) -> Any:
    return getattr(torch, device.type)


def _place(device: torch.device) -> tuple[torch.device, ...]:
    """What its module is told of a device: of Apple's there is one, and it is told nothing."""
    return () if device.type == "mps" else (device,)
