"""What the computer offers, and how it is set up for training."""

import ctypes
import sys

import joblib
import torch

from paretocli.errors import InputError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 1 << 30
KNOWN_DEVICES = ("cpu", "cuda")


def choose_device(name: str) -> torch.device:
    """The device called `name`; `auto` is the first GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        if device.type not in KNOWN_DEVICES:
            raise RuntimeError(f"{device.type} is none of {', '.join(KNOWN_DEVICES)}")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"The device {name!r} cannot be used here ({reason}); choose auto, cpu, or cuda."
        ) from None
    return device


def device_name(device: torch.device) -> str:
    """The device as a person knows it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def available_threads() -> int:
    """Processors that this process may use, within the limits of a container too."""
    return int(joblib.cpu_count())


def flush_denormals() -> None:
    """Take numbers below 1e-38 for zero; to be called before torch computes anything.

    Rows on their way to zero, and the optimiser's memory of rows that are zero, fade into such
    numbers, with which processors compute a hundred times slower. Threads take the setting over
    from the one that starts them, so those that run already would not have it.
    """
    torch.set_flush_denormal(True)


def set_up(threads: int) -> None:
    """Pin the number of threads and let freed memory be used again.

    By default the C library gives every large block back to the system when it is freed, and each
    training step pays to have its pages zeroed anew: a quarter of the time of a step of small
    convolutions. Numbers do not change.
    """
    torch.set_num_threads(threads)
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
            library.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
